"""Who is asking, and what they may do: staff by their membership in one business, clients by their device's session.

Everything a door hands down comes through here, so that it belongs to one business (D15, S76 to S78).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from business.models import Business, Client, ClientSession, Membership
from core import identifiers

Right = Literal["see_scheduler", "manage_waitlist", "edit_messages"]
BUSINESS_KEY = "business_id"
_CLIENT_COOKIE = re.compile(re.escape(settings.CLIENT_COOKIE_PREFIX) + r"\d+", re.ASCII)

_MAY_EDIT_MESSAGES = {Membership.Role.OWNER, Membership.Role.MANAGER}


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in staff user at work in one business."""

    user: User
    business: Business
    membership: Membership

    def can(self, right: Right) -> bool:
        """Whether this user has `right` in the business they are at work in, as of the start of this request."""
        return _allows(self.membership, right)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A client signed in on this device. `draft_id` is set when the session may touch that one draft only (draft-lifecycle 9)."""

    client: Client
    session: ClientSession

    @property
    def draft_id(self) -> str:
        return self.session.draft_id


def _allows(membership: Membership, right: Right) -> bool:
    if right == "manage_waitlist":
        return membership.manage_waitlist
    if right == "edit_messages":
        return membership.role in _MAY_EDIT_MESSAGES
    return True


def can(user: User, business: Business, right: Right) -> bool:
    """Whether `user` has `right` in `business`, asked of the membership each time: a change counts from the next request on."""
    membership = Membership.objects.filter(user=user, business=business, user__is_active=True).first()
    return membership is not None and _allows(membership, right)


def staff_of(request: HttpRequest) -> Staff:
    """The staff user of this request in the business they chose (their first one otherwise). Raises PermissionDenied without one."""
    user = cast("User", request.user)
    memberships = Membership.objects.filter(user=user).select_related("business").order_by("id")
    chosen = request.session.get(BUSINESS_KEY) or 0
    membership = memberships.filter(business_id=chosen).first() or memberships.first()
    if membership is None:
        raise PermissionDenied("This account belongs to no business. Ask the owner to add you.")
    return Staff(user=user, business=membership.business, membership=membership)


def staff_page(right: Right = "see_scheduler") -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorator for staff views: signs in first, then hands `staff: Staff` to the view; 403 without `right`."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                # A form cannot be sent again by an address: back to the page it stood on.
                back = request.get_full_path() if request.method in ("GET", "HEAD") else page_before(request)
                return redirect_to_login(back or resolve_url(settings.LOGIN_REDIRECT_URL))
            staff = staff_of(request)
            if not staff.can(right):
                raise PermissionDenied(REFUSALS[right])
            return view(request, *args, staff=staff, **kwargs)

        return wrapper

    return decorate


REFUSALS: dict[Right, str] = {
    "see_scheduler": "You need to belong to this business.",
    "manage_waitlist": "You need the Manage Waitlist permission. Ask the owner to switch it on for you.",
    "edit_messages": "Only owners and managers can change automated messages.",
}


def page_before(request: HttpRequest) -> str:
    """Path and query of the page that sent the form; empty when it is not one of ours."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(referer)
    # One slash at the start: two would name a host.
    return parts._replace(scheme="", netloc="", path="/" + parts.path.lstrip("/"), fragment="").geturl()


def is_htmx(request: HttpRequest) -> bool:
    """Whether a page asks for a part of itself, and the answer is put into it; False when a browser asks for a page."""
    return bool(getattr(request, "htmx", False))


def access_business(slug: str) -> Business:
    """The business whose booking page this is. Raises Http404."""
    business = Business.objects.filter(slug=slug).first()
    if business is None:
        raise Http404("There is no booking page at this address.")
    return business


def client_cookie(business: Business) -> str:
    """The name of the device's sign-in cookie for this business."""
    return f"{settings.CLIENT_COOKIE_PREFIX}{business.pk}"


def client_of(request: HttpRequest, business: Business, *, now: datetime) -> SignedIn | None:
    """The client signed in on this device at this business, or None. Reads only."""
    token = request.COOKIES.get(client_cookie(business), "")
    if not token:
        return None
    session = (
        ClientSession.objects.select_related("client")
        .filter(digest=identifiers.digest(token), business=business, expires_at__gt=now, client__business=business)
        .first()
    )
    return SignedIn(client=session.client, session=session) if session else None


def visitor_of(request: HttpRequest, slug: str, *, now: datetime) -> tuple[Business, SignedIn | None]:
    """access_business and client_of at once: one query for a device that holds a session here. Reads only. Raises Http404."""
    names = {identifiers.digest(token): name for name, token in request.COOKIES.items() if _CLIENT_COOKIE.fullmatch(name)}
    if names:
        sessions = ClientSession.objects.select_related("client", "business").filter(business__slug=slug, digest__in=list(names))
        for session in sessions.filter(client__business=F("business")):
            business = session.client.business = session.business
            alive = session.expires_at > now and names[session.digest] == client_cookie(business)
            return business, SignedIn(client=session.client, session=session) if alive else None
    return access_business(slug), None


def ip_of(request: HttpRequest) -> str:
    """The visitor's address: the TRUSTED_PROXIES-th from the right of X-Forwarded-For, the socket's peer without proxies (ASVS 15.3.4)."""
    peer = cast("str", request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    return hops[-trusted] if trusted and len(hops) >= trusted else peer
