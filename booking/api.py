"""JSON beside the client's pages: free times of a day, and the review session with its deadline."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, QueryDict
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.exceptions import NotAuthenticated, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from booking import actions, queries, wizard
from booking.visit import Visit, visit_for
from booking.wizard import Choice
from business import access, limits
from business.access import SignedIn
from business.models import Business
from core import clock
from scheduler import queries as appointments

SELECTION_MAX = 2000


class ArrivalSerializer(serializers.Serializer[Any]):
    """`selection`: the query string of the Review page. `more_time`: ten fresh minutes instead of going on."""

    selection = serializers.CharField(max_length=SELECTION_MAX)
    more_time = serializers.BooleanField(default=False)


def _visit(business: Business, signed_in: SignedIn | None, query: QueryDict, now: datetime) -> Visit:
    choice, problems = Choice.from_query(query)
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, problems=problems, now=now)
    if visit.problems or not visit.choice.services or not visit.candidates:
        raise ValidationError({"detail": visit.problems or ["Choose at least one service and somebody who does it."]}, code="unusable")
    return visit


def _throttle(rule: str, subject: str) -> None:
    retry = limits.retry_after(rule, subject)
    if retry:
        raise Throttled(wait=retry)


@api_view(["GET", "HEAD"])
@authentication_classes([])
@permission_classes([])
def slots(request: Request, slug: str) -> Response:
    """The free times of `day` (YYYY-MM-DD) for the selection in the query: `{"day", "zone", "slots": [{"start", "people"}]}`, starts in UTC.

    With `at` that time is among them as long as whoever asks can book it, on offer or not (D3, D4).
    """
    now = clock.now()
    _throttle("slots", access.ip_of(cast("HttpRequest", request)))
    business, signed_in = access.visitor_of(cast("HttpRequest", request), slug, now=now)
    visit = _visit(business, signed_in, request.query_params, now)
    day = wizard.parse_day(request.query_params.get("day", ""))
    if day is None or day < now.astimezone(visit.business.zone).date():
        raise ValidationError({"detail": ["That day has passed." if day else "Give the day as YYYY-MM-DD."]})
    names = {person.pk: person.first_name for person in visit.candidates}
    found = appointments.day_slots(business=visit.business, members=visit.candidates, duration_min=visit.duration_min, day=day, now=now)
    return Response(
        {
            "day": day.isoformat(),
            "zone": visit.business.timezone,
            "slots": [
                {"start": wizard.start_text(slot.start), "people": [names[pk] for pk in slot.member_ids]}
                for slot in visit.with_chosen(found, day=day)
            ],
        }
    )


@api_view(["GET", "HEAD", "POST"])
@authentication_classes([])
@permission_classes([])
def review_session(request: Request, slug: str) -> Response:
    """The review session of the signed-in client: `{"state", "deadline", "now", "slot", "booked"}`, moments in UTC.

    GET `?<selection>` looks and changes nothing. POST `{"selection", "more_time"}`: the client has arrived at Review, or wants more time;
    nothing is captured where the Review page would not (a step missing, the time taken, booked already).
    `slot` is "free" or "taken"; `booked` whether this very flow is a booking already (the page then shows it).
    """
    now = clock.now()
    business = access.access_business(slug)
    signed_in = access.client_of(cast("HttpRequest", request), business, now=now)
    if signed_in is None:
        raise NotAuthenticated("Sign in with your phone to go on.")
    if request.method != "POST":
        _throttle("session", str(signed_in.client.pk))
        visit = _visit(business, signed_in, request.query_params, now)
        return Response(_session(visit))
    _Csrf().enforce_csrf(request)
    _throttle("capture", str(signed_in.client.pk))
    body = ArrivalSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    visit = _visit(business, signed_in, QueryDict(body.validated_data["selection"]), now)
    more_time = body.validated_data["more_time"]
    if _may_arrive(visit, more_time=more_time):
        actions.take(visit, more_time=more_time)
    return Response(_session(visit))


def _may_arrive(visit: Visit, *, more_time: bool) -> bool:
    """What the Review page asks before it captures: nothing missing, not booked by this flow, and a free time unless more time is wanted."""
    return visit.is_complete() and not visit.booked() and (more_time or visit.is_free())


class _Csrf(SessionAuthentication):
    """Clients have their own cookie, so the check that DRF ties to staff sessions is made here."""


def _session(visit: Visit) -> dict[str, Any]:
    assert visit.client
    draft = queries.draft_of(business=visit.business, client=visit.client, now=visit.now)
    state = visit.session_state(draft)
    return {
        "state": state,
        "deadline": draft.review_expires_at if draft and state != "new" else None,
        "now": visit.now,
        "slot": "free" if visit.is_free() else "taken",
        "booked": visit.booked() is not None,
    }
