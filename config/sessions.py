"""How long staff stay signed in: 12 hours after the last page they opened, 7 days at most (promises 10).

Django ends a session that is older than SESSION_COOKIE_AGE, which is the twelve hours. Here it is kept alive while somebody works, and
ended for good after the week. What a page fetches by itself does not count as work: an open scheduler must not stay open for ever.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

from business.access import BUSINESS_KEY
from config.middleware import CLIENT_PAGES, DATABASE_AWAY, away_page
from core import clock

LONGEST = timedelta(days=7)
KEPT_ALIVE_EVERY = timedelta(minutes=10)  # so that most pages write nothing
DESK_HEADER = "X-Desk"
_SINCE, _SEEN = "since", "seen"


def remember_sign_in(sender: object, request: HttpRequest, **_: Any) -> None:
    """A session begins now, whichever page signed the user in."""
    request.session[_SINCE] = request.session[_SEEN] = clock.now().isoformat()


def keep_while_used(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Each page of a signed-in user: end a session of more than a week, keep a younger one alive, say whose it is.

    Pages of clients are left alone: they are the same whoever of the staff looks at them, and so is what may be kept of them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(CLIENT_PAGES):
            return get_response(request)
        try:
            signed_in = SESSION_KEY in request.session
        except DATABASE_AWAY as error:
            return away_page(error)
        if not signed_in:
            return get_response(request)
        _look(request, now=clock.now())
        response = get_response(request)
        if desk := desk_of(request):
            response[DESK_HEADER] = desk
        return response

    return middleware


def desk_of(request: HttpRequest) -> str:
    """Who is at work in which business, as opaque words; empty for nobody. A page that fetches by itself compares it with its own: somebody may
    have signed in or changed to another business in another tab since it was drawn."""
    user = request.session.get(SESSION_KEY, "")
    return f"{user}-{request.session.get(BUSINESS_KEY, '')}" if user else ""


def _look(request: HttpRequest, *, now: datetime) -> None:
    session = request.session
    if now - datetime.fromisoformat(session.setdefault(_SINCE, now.isoformat())) > LONGEST:
        logout(request)
    elif not _asked_by_the_page(request) and now - datetime.fromisoformat(session.get(_SEEN, session[_SINCE])) >= KEPT_ALIVE_EVERY:
        session[_SEEN] = now.isoformat()  # saving it also moves its end


def _asked_by_the_page(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" in request.headers
