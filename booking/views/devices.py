"""The cookies of a client's device, set only after a press of theirs (S02): session, challenge, known device, and the link to return to."""

import base64
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from booking import signin
from booking.signin import Visitor
from booking.wizard import Choice
from business import access
from business.models import Business
from core import identifiers

RETURN_FOR = timedelta(minutes=30)
LINK_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def _name(business: Business, what: str) -> str:
    return f"{settings.CLIENT_COOKIE_PREFIX}{what}-{business.pk}"


def _set(response: Any, name: str, token: str, lifetime: timedelta) -> None:
    response.set_cookie(name, token, max_age=lifetime, path="/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def visitor_of(request: HttpRequest, business: Business) -> Visitor:
    """The device that asks: its address and the token of its known-device cookie."""
    return Visitor(ip=access.ip_of(request), device_token=request.COOKIES.get(_name(business, "device"), ""))


def challenge_token(request: HttpRequest, business: Business) -> str:
    """The token of the code this device asked for; "" without one."""
    return request.COOKIES.get(_name(business, "code"), "")


def keep_challenge(response: Any, business: Business, token: str) -> None:
    """Remember the code asked for, as long as codes are kept."""
    _set(response, _name(business, "code"), token, signin.KEEP_CODES_FOR)


def session_token(request: HttpRequest, business: Business) -> str:
    """The token of the client signed in on this device; "" without one."""
    return request.COOKIES.get(access.client_cookie(business), "")


def keep_session(response: Any, business: Business, token: str, lifetime: timedelta = signin.SESSION_FOR) -> None:
    """Sign this device in for `lifetime`."""
    _set(response, access.client_cookie(business), token, lifetime)


def keep_device(response: Any, business: Business, token: str) -> None:
    """Remember that this device proved the phone."""
    _set(response, _name(business, "device"), token, signin.DEVICE_FOR)


def return_token(request: HttpRequest, business: Business) -> str:
    """The resume link this device came from and goes back to once its code was right; "" without one."""
    token = request.COOKIES.get(_name(business, "return"), "")
    return token if LINK_TOKEN.fullmatch(token) else ""


def keep_return(response: Any, business: Business, token: str) -> None:
    """Come back to this resume link after the code."""
    _set(response, _name(business, "return"), token, RETURN_FOR)


def keep_note(response: Any, business: Business, choice: Choice, note: str) -> None:
    """The note typed before the sign-in had expired at Confirm; it waits on the device, never in an address, until the code is right."""
    if note:
        text = base64.urlsafe_b64encode(note.encode()).decode()
        _set(response, _name(business, "note"), f"{_booking(choice)}.{text}", RETURN_FOR)


def note_of(request: HttpRequest, business: Business, choice: Choice) -> str | None:
    """The note that waits on this device for this very booking; None without one."""
    booking, _, text = request.COOKIES.get(_name(business, "note"), "").partition(".")
    if booking != _booking(choice):
        return None
    try:
        note = base64.urlsafe_b64decode(text).decode()
    except ValueError:
        return None
    return None if "\x00" in note else note


def _booking(choice: Choice) -> str:
    return identifiers.digest(replace(choice, flow=None).to_query())[:16]


def forget(response: Any, business: Business, *, session: bool = False, sign_in: bool = False) -> None:
    """Take the session's cookie away, or those that only a sign-in needs."""
    names = [access.client_cookie(business)] if session else []
    names += [_name(business, "code"), _name(business, "return"), _name(business, "note")] if sign_in else []
    for name in names:
        response.delete_cookie(name, path="/", samesite="Lax")
