"""DEMO=1 only: what was sent, in full, and the clock that moves time for the whole system."""

import re
import time
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from business.access import is_htmx
from business.models import Business, Channel, DemoClock
from core import clock
from messaging.models import DemoMessage
from messaging.render import segments

SHOWN = 100
MOVES = {"60": "+1 min", "600": "+10 min", "86400": "+24 h"}
# Every process reads the demo clock at most a second old: after this wait the page tells the truth for all of them.
SETTLE_SECONDS = 1.05

_PARTS = re.compile(r"(?P<link>https?://[^\s<>\"]+)|(?<!\d)(?P<code>\d{6})(?!\d)")
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"
_MAIL_POLICY += " allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """Newest first. `?channel=sms|email` filters; `?newest=<id>` answers 204 while nothing new has come."""
    _only_in_the_demo()
    channel = request.GET.get("channel", "")
    found = DemoMessage.objects.filter(channel=channel) if channel in Channel.values else DemoMessage.objects.all()
    kept = list(found[:SHOWN])
    newest = str(kept[0].pk) if kept else "0"
    if request.GET.get("newest") == newest:
        return HttpResponse(status=204)
    context = {"sent": [_shown(one) for one in kept], "channel": channel, "newest": newest, **_clock()}
    return render(request, "demo/_sent.html" if is_htmx(request) else "demo/outbox.html", context)


@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part of one mail as a mail program would show it: no scripts, nothing loaded, links leave the frame only by a click."""
    _only_in_the_demo()
    kept = DemoMessage.objects.filter(pk=pk).exclude(html="").first()
    if kept is None:
        raise Http404("There is no such e-mail.")
    response = HttpResponse(kept.html)
    response["Content-Security-Policy"] = _MAIL_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
def move_clock(request: HttpRequest) -> HttpResponse:
    """Move time for the whole system: `move` is seconds (60, 600, 86400) or "reset"."""
    _only_in_the_demo()
    move = request.POST.get("move", "")
    if move != "reset" and move not in MOVES:
        return HttpResponse("Choose one of the buttons.", status=400, content_type="text/plain")
    DemoClock.objects.get_or_create(pk=1)
    DemoClock.objects.filter(pk=1).update(offset_seconds=0 if move == "reset" else F("offset_seconds") + int(move))
    time.sleep(SETTLE_SECONDS)
    return redirect("messaging:demo_outbox")


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Http404


def _clock() -> dict[str, Any]:
    ahead = DemoClock.objects.filter(pk=1).values_list("offset_seconds", flat=True).first() or 0
    return {"now": clock.now(), "ahead_min": ahead // 60, "moves": MOVES, "business": Business.objects.order_by("pk").first()}


def _shown(kept: DemoMessage) -> dict[str, Any]:
    """One message for the page: its text in parts, so that links can be clicked and codes stand out."""
    return {
        "it": kept,
        "lines": [_parts(line) for line in kept.text.split("\n")],
        "segments": segments(kept.text) if kept.channel == Channel.SMS else None,
    }


def _parts(line: str) -> list[dict[str, str]]:
    parts, at = [], 0
    for match in _PARTS.finditer(line):
        parts.append({"kind": "text", "text": line[at : match.start()]})
        ours = match.lastgroup == "code" or match.group().startswith(settings.SITE_URL)
        parts.append({"kind": match.lastgroup or "text" if ours else "text", "text": match.group()})
        at = match.end()
    return [*parts, {"kind": "text", "text": line[at:]}]
