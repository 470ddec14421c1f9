"""Two rules that hold for every page."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
CLIENT_PAGES = ("/b/", "/r/", "/m/")
GetResponse = Callable[[HttpRequest], HttpResponse]


class _DatabaseAway:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return away_page(exception) if isinstance(exception, DATABASE_AWAY) else None


def away_page(exception: Exception) -> HttpResponse:
    """503 and Retry-After. For what fails before a view is asked, too."""
    logger.error("PostgreSQL is away: %s", type(exception).__name__)
    # Without the request: what staff pages show around their content would ask the database again.
    response = HttpResponse(render_to_string("errors/503.html"), status=503)
    response["Retry-After"] = "5"
    return response


def answer_when_the_database_is_away(get_response: GetResponse) -> GetResponse:
    """PostgreSQL is away: a plain page with 503 and Retry-After instead of a 500; nothing half-done stays."""
    return _DatabaseAway(get_response)


def keep_pages_private(get_response: GetResponse) -> GetResponse:
    """Pages of signed-in people are never stored by browsers or proxies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return response  # who is signed in is not to be had, and the page is nobody's
        personal = request.path.startswith(CLIENT_PAGES) or request.user.is_authenticated
        if personal and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return middleware
