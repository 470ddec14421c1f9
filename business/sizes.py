"""How much one booking holds, and its ids: the same in the address, the draft, the appointment and the waitlist, so that what one takes no other refuses."""

from typing import Final

MOST_SERVICES: Final = 20
NOTE_LENGTH: Final = 500  # characters
LARGEST_ID: Final = 2**63 - 1  # neither PostgreSQL nor MongoDB takes a larger number
