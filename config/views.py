"""Pages of the house itself: health, errors, and the shape of API errors."""

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from business.models import Heartbeat
from core import clock
from drafts import queries as drafts
from drafts.document import DraftsUnavailable

STALE_AFTER_SECONDS = 60
SWEEPS = ("expire_reviews", "send_queued", "reconcile")


def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """What works: PostgreSQL, MongoDB with its indexes, and the age in seconds of each sweep's heartbeat (null: it never came round).

    503 when PostgreSQL is away, an index differs, or a sweep is missing or older than a minute.
    MongoDB away is a warning, not an error: booking goes on without capture.
    """
    now = clock.now()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beats = {beat.name: round((now - beat.at).total_seconds()) for beat in Heartbeat.objects.all()}
    except DatabaseError:
        return JsonResponse({"postgres": "away"}, status=503)
    try:
        drift = drafts.index_drift()
        mongo = "ok" if not drift else "index drift: " + ", ".join(drift)
    except DraftsUnavailable:
        drift, mongo = [], "away"
    ages = {name: beats.get(name) for name in SWEEPS}
    stale = [name for name, age in ages.items() if age is None or age > STALE_AFTER_SECONDS]
    return JsonResponse({"postgres": "ok", "mongo": mongo, "sweeps": ages}, status=503 if stale or drift else 200)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page that says what to do: the form was too old or came from elsewhere."""
    return render(request, "errors/csrf.html", status=403)


def api_errors(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's own answer, and 503 with a sentence when MongoDB is away."""
    if isinstance(exc, DraftsUnavailable):
        return Response({"detail": "Follow-ups cannot be read right now. Try again in a moment."}, status=503, headers={"Retry-After": "5"})
    return exception_handler(exc, context)
