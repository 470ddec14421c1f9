"""What several pages say: go on elsewhere, wait, where we are."""

import math
from datetime import datetime
from urllib.parse import quote_plus

from django.http import HttpResponse, HttpResponseRedirect

from booking.signin import SignInError, TooMany
from business.models import Business

SEE_OTHER = 303


def see_other(url: str) -> HttpResponse:
    """303: what was posted is done, go on at `url` (an address of ours)."""
    return HttpResponseRedirect(url, status=SEE_OTHER)


def seconds_to_wait(problem: SignInError, *, now: datetime) -> int:
    """Until a limit frees itself; 0 for a problem that waiting does not solve."""
    return max(0, math.ceil((problem.free_at - now).total_seconds())) if isinstance(problem, TooMany) else 0


def wait_words(seconds: int) -> str:
    """How long to wait, as people say it: "in 25 seconds", "in 12 minutes", "in 3 hours"; "" for none."""
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size * (2 if size > 1 else 1):
            number = -(-seconds // size)
            return f"in {number} {name}{'' if number == 1 else 's'}"
    return ""


def map_url(business: Business) -> str:
    """A page with a map of the business's address; "" without one."""
    return f"https://www.openstreetmap.org/search?query={quote_plus(business.address)}" if business.address else ""
