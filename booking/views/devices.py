"""The cookies of a client's device, set only after a press of theirs (S02): session, challenge, known device, and the link to return to."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from booking import signin
from booking.signin import Visitor
from business import access
from business.models import Business

RETURN_FOR = timedelta(minutes=30)


def _name(business: Business, what: str) -> str:
    return f"{settings.CLIENT_COOKIE_PREFIX}{what}-{business.pk}"


def _set(response: Any, name: str, token: str, lifetime: timedelta) -> None:
    response.set_cookie(name, token, max_age=lifetime, path="/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def visitor_of(request: HttpRequest, business: Business) -> Visitor:
    """The device that asks: its address and the token of its known-device cookie."""
    return Visitor(ip=access.ip_of(request), device_token=request.COOKIES.get(_name(business, "device"), ""))


def challenge_token(request: HttpRequest, business: Business) -> str:
    return request.COOKIES.get(_name(business, "code"), "")


def keep_challenge(response: Any, business: Business, token: str) -> None:
    _set(response, _name(business, "code"), token, signin.KEEP_CODES_FOR)


def session_token(request: HttpRequest, business: Business) -> str:
    return request.COOKIES.get(access.client_cookie(business), "")


def keep_session(response: Any, business: Business, token: str, lifetime: timedelta = signin.SESSION_FOR) -> None:
    _set(response, access.client_cookie(business), token, lifetime)


def keep_device(response: Any, business: Business, token: str) -> None:
    _set(response, _name(business, "device"), token, signin.DEVICE_FOR)


def return_token(request: HttpRequest, business: Business) -> str:
    """The resume link this device came from and goes back to once its code was right."""
    return request.COOKIES.get(_name(business, "return"), "")


def keep_return(response: Any, business: Business, token: str) -> None:
    _set(response, _name(business, "return"), token, RETURN_FOR)


def forget(response: Any, business: Business, *, session: bool = False, sign_in: bool = False) -> None:
    """Take the session's cookie away, or those that only a sign-in needs."""
    names = [access.client_cookie(business)] if session else []
    names += [_name(business, "code"), _name(business, "return")] if sign_in else []
    for name in names:
        response.delete_cookie(name, path="/", samesite="Lax")
