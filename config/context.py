"""What every staff page shows around its content: business, navigation, bell and the badge of the Follow-ups."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from business import access
from business.models import Membership
from config.sessions import desk_of
from core import clock
from messaging import queries as messages


def staff_shell(request: HttpRequest) -> dict[str, Any]:
    """`shell`: None for visitors and clients; for staff the business, memberships and the unread bell, read when a template asks."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"shell": None}
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any] | None:
    try:
        staff = access.staff_of(request)
    except PermissionDenied:
        return None
    sees_followups = staff.can("manage_waitlist")
    return {
        "staff": staff,
        "business": staff.business,
        "desk": desk_of(request),
        "memberships": Membership.objects.filter(user=staff.user).select_related("business").order_by("id"),
        "sees_followups": sees_followups,
        "edits_messages": staff.can("edit_messages"),
        "unread": messages.unread_count(business=staff.business, user=staff.user, now=clock.now()) if sees_followups else 0,
    }
