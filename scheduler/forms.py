"""The appointment form of the staff, for a new appointment, for changing one, and prefilled from a follow-up card (S43 to S45).

Staff may book against hours, time off, skills and the clock after ticking "Book it anyway"; over another appointment never.
"""

MOST_SERVICES = 20
MOST_MATCHES = 8
