"""The Follow-ups as JSON: cards, count, remind, dismiss. The same calls as the pages, so the same answers (tests: test_same_answer)."""

from typing import Any, cast

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from business import limits
from business.access import REFUSALS, Staff, staff_of
from core import clock
from followups import actions, outreach
from followups.actions import Handled
from followups.queries.cards import Card, incomplete
from followups.queries.waiting import waiting_count


class ManagesWaitlist(BasePermission):
    """The one permission that guards everything here (S76 to S78)."""

    message = REFUSALS["manage_waitlist"]

    def has_permission(self, request: Request, view: APIView) -> bool:
        return _staff(request).can("manage_waitlist")


class CardMoved(APIException):
    """The card is out of date; `detail` says what happened."""

    status_code = 409


class Engagement(serializers.Serializer[Any]):
    """The engagement the card showed."""

    engagement = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


@api_view(["GET", "HEAD"])
@permission_classes([IsAuthenticated, ManagesWaitlist])
def cards(request: Request) -> Response:
    """`{"count", "cards": […]}`, newest first, at most 200 cards. Moments in UTC, money in minor units. 503 while MongoDB is away."""
    found, shown = incomplete(business=_staff(request).business, now=clock.now())
    return Response({"count": found.count, "cards": [_as_json(card) for card in shown]})


@api_view(["GET", "HEAD"])
@permission_classes([IsAuthenticated, ManagesWaitlist])
def count(request: Request) -> Response:
    """`{"count"}`: how many bookings wait."""
    return Response({"count": waiting_count(business=_staff(request).business, now=clock.now())})


@api_view(["POST"])
@permission_classes([IsAuthenticated, ManagesWaitlist])
def remind(request: Request, draft_id: str) -> Response:
    """Send a reminder now: `{"channels", "trying", "reasons", "text"}`. 409 when the card of this engagement no longer waits."""
    staff, now = _acting(request), clock.now()
    try:
        outcome = outreach.remind(
            business=staff.business, draft_id=draft_id, engagement=_engagement(request), manual_by=staff.user, now=now
        )
    except Handled as handled:
        raise CardMoved(str(handled), code=handled.what) from handled
    return Response({"channels": outcome.channels, "trying": outcome.trying, "reasons": outcome.reasons, "text": outcome.text})


@api_view(["POST"])
@permission_classes([IsAuthenticated, ManagesWaitlist])
def dismiss(request: Request, draft_id: str) -> Response:
    """Take the card away for good: 204. 409 when the card of this engagement no longer waits."""
    staff, now = _acting(request), clock.now()
    try:
        actions.dismiss(business=staff.business, draft_id=draft_id, engagement=_engagement(request), user=staff.user, now=now)
    except Handled as handled:
        raise CardMoved(str(handled), code=handled.what) from handled
    return Response(status=204)


def _staff(request: Request) -> Staff:
    return staff_of(cast("HttpRequest", request))


def _acting(request: Request) -> Staff:
    """Who presses; counted as the panel's own buttons are. Raises Throttled."""
    staff = _staff(request)
    if retry := limits.retry_after("panel", str(staff.user.pk)):
        raise Throttled(wait=retry)
    return staff


def _engagement(request: Request) -> int:
    body = Engagement(data=request.data)
    body.is_valid(raise_exception=True)
    return int(body.validated_data["engagement"])


def _as_json(card: Card) -> dict[str, Any]:
    draft, client = card.draft, card.client
    return {
        "id": draft.id,
        "engagement": draft.engagement,
        "client": {"name": str(client), "phone": client.phone, "email": client.email},
        "services": [{"name": line.name, "variant": line.variant_name, "offered": line.offered} for line in card.lines],
        "start_at": draft.selection.start_at,
        "team_member": str(card.member) if card.member else None,
        "slot": card.slot.state,
        "nearest": card.slot.nearest,
        "last_active_at": draft.engaged_at,
        "duration_min": draft.selection.duration_min,
        "price_minor": draft.selection.price_minor,
        "reminders": [{"text": f"{line.lead} {line.text}".strip(), "at": line.at} for line in card.reminders],
        "can_remind": card.can_remind,
        "reminded": card.reminded,
    }
