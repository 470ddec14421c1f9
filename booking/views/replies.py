"""What several pages say: go on elsewhere, wait, where we are."""

import math
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from booking.signin import SignInError, TooMany
from booking.wizard import Choice
from business.models import Business, Client
from scheduler.models import Appointment

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


def too_many(request: HttpRequest, *, business: Business, client: Client | None, retry: int, back: str) -> HttpResponse:
    """429 with a page: what happened, and when to go on; `back` is the address it leads to, `retry` in seconds."""
    context = {"business": business, "client": client, "retry": retry, "back": back}
    response = render(request, "booking/too_many.html", context, status=429)
    response["Retry-After"] = str(retry)
    return response


def cancel_until(business: Business, starts: datetime, *, now: datetime) -> datetime | None:
    """Until when a booking that starts then can be cancelled online; None when it is too late for that."""
    until = starts - timedelta(minutes=business.cancel_cutoff_min)
    return until if now <= until else None


def again_url(business: Business, appointment: Appointment) -> str:
    """The Time step with the services and the person of an earlier appointment; reads its lines."""
    lines = tuple((line.service_id, line.variant_id) for line in appointment.lines.all())
    choice = Choice(services=lines, member=appointment.team_member_id, member_chosen=True)
    return reverse("booking:time", args=[business.slug]) + f"?{choice.to_query()}"


def map_url(business: Business) -> str:
    """A page with a map of the business's address; "" without one."""
    return f"https://www.openstreetmap.org/search?query={quote_plus(business.address)}" if business.address else ""
