"""What the client's pages share: reading the request, drawing a step, landing on Review, the address of a booking."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from booking import wizard
from booking.actions import take
from booking.views.replies import see_other
from booking.visit import Visit, visit_for
from booking.wizard import Choice, Step
from business import access
from business.access import SignedIn
from business.models import Business
from core import clock, identifiers
from scheduler.models import Appointment

UNUSABLE = 422
TAKEN = 409
FIELDS_MAX = 100
DONE_SALT = "booking.done"
DONE_FOR = 24 * 3600
TITLES = {Step.SERVICES: "Services", Step.TEAM: "Team", Step.TIME: "Time", Step.REVIEW: "Review"}


def visit_of(request: HttpRequest, slug: str, *, restore: bool = True) -> Visit:
    """Read clock, business, client and choice of this request. Raises Http404 for an unknown business.

    With `restore` a signed-in client who comes without any choice in the address gets the one kept on this device.
    """
    now = clock.now()
    business, signed_in = access.visitor_of(request, slug, now=now)
    choice, problems = Choice.from_query(_fields(request))
    if restore and not choice.services and not problems and signed_in and signed_in.session.selection.get("query"):
        choice = Choice.from_text(signed_in.session.selection["query"])
    return visit_for(business=business, signed_in=signed_in, choice=choice, problems=problems, now=now)


def _fields(request: HttpRequest) -> QueryDict:
    """What was sent. Of an address with hundreds of parts only the beginning, so that it gets a page and not a bare 400."""
    if request.method == "POST":
        return request.POST
    try:
        return request.GET
    except TooManyFieldsSent:
        request.GET = QueryDict("&".join(request.META["QUERY_STRING"].split("&", FIELDS_MAX)[:FIELDS_MAX]))
        return request.GET


def arrive(*, business: Business, signed_in: SignedIn, choice: Choice, now: datetime, more_time: bool = False) -> HttpResponse:
    """A signed-in client lands on Review by a press: keep the choice on this device, capture the draft (S01, D1), go to the page.

    For the Time step's Continue, for "Keep this time", for a code just verified and for "Change something" of a resume link.
    """
    choice = replace(choice, flow=choice.flow or identifiers.new_uuid())
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, now=now)
    take(visit, more_time=more_time)
    # With what is no longer offered still in the address: Review says so (D4).
    return see_other(visit.url("review", choice))


def page(request: HttpRequest, visit: Visit, step: Step, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """Draw a step with its step list and summary. When a press found the time taken, Back and reload lead `again` to the step itself."""
    base = {
        "business": visit.business,
        "client": visit.client,
        "limited": bool(visit.signed_in and visit.signed_in.draft_id),
        "visit": visit,
        "choice": visit.choice,
        "problems": visit.problems,
        "steps": step_list(visit, step),
        "step": step,
        "again": visit.url(step) if request.method == "POST" and status == TAKEN else "",
    }
    return render(request, template, base | context, status=status)


def done_url(visit: Visit, appointment: Appointment) -> str:
    """Where a booking just made is shown. A session opened by a link ends with the booking, so its address carries a key for a day."""
    url = reverse("booking:done", args=[visit.business.slug, appointment.pk])
    if visit.signed_in and not visit.signed_in.draft_id:
        return url
    return f"{url}?{urlencode({'key': done_key(appointment.pk, now=visit.now)})}"


def done_key(pk: int, *, now: datetime) -> str:
    """Opens the page of this booking for a day. The moment is the house clock's, not the one signing would read by itself."""
    return signing.dumps([pk, int(now.timestamp())], salt=DONE_SALT)


def done_key_fits(key: str, pk: int, *, now: datetime) -> bool:
    """Whether `key` was made for this booking less than a day ago."""
    try:
        made = signing.loads(key, salt=DONE_SALT) if key else None
    except signing.BadSignature:
        return False
    return isinstance(made, list) and made[0] == pk and 0 <= int(now.timestamp()) - made[1] < DONE_FOR


def closed(visit: Visit) -> HttpResponse | None:
    """The front page, which says so, while the business takes no bookings online; None while it does."""
    return None if visit.business.online_booking else see_other(reverse("booking:start", args=[visit.business.slug]))


def language(business: Business) -> str:
    """The business's locale as browsers write it: "en-AU"."""
    return business.locale.replace("_", "-")


def step_list(visit: Visit, current: Step) -> list[dict[str, Any]]:
    """The steps that apply, each with its name, its state and the address to walk to it ("" when it cannot be reached yet)."""
    applies = wizard.steps(people=len(visit.people) if visit.choice.services else 0)
    if current not in applies:  # Team, because the person chosen does not do all of this
        applies = tuple(Step)
    reachable = applies.index(current)
    return [
        {
            "name": TITLES[step],
            "current": step == current,
            "done": position < reachable,
            "url": visit.url(step) if position < reachable else "",
        }
        for position, step in enumerate(applies)
    ]
