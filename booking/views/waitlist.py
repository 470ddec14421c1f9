"""Put me on the waitlist: from a day or a week without times, and from the conflict page."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from booking import queries, wizard
from booking.forms.waitlist import PARTS, WaitlistForm
from booking.views import devices
from booking.views.replies import see_other, wait_words
from booking.views.review import clean_note
from booking.views.signin import whole_session
from booking.visit import Visit, visit_for
from booking.wizard import Choice
from business import access, limits
from business.models import Client
from business.sizes import NOTE_LENGTH
from core import clock
from scheduler import actions as scheduler
from scheduler.models import WaitlistEntry

A_WEEK = timedelta(days=6)
TOO_MANY = "We got more requests from you than one person usually makes. Nothing is lost: join again {when}."
# What is typed here, by the name it has in an address while the client signs in.
CARRIED = {"day": "first_day", "until": "last_day", "part": "part"}


@require_http_methods(["GET", "HEAD", "POST"])
def waitlist(request: HttpRequest, slug: str) -> HttpResponse:
    """GET draws the wish with what was chosen so far, or what was just saved (`joined`).

    POST saves it. The sign-in comes first when it has ended meanwhile, or lacks a name; what was typed is there again afterwards.
    """
    now = clock.now()
    business = access.access_business(slug)
    signed_in = whole_session(request, business, now=now)
    choice, problems = Choice.from_query(request.GET)
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, problems=problems, now=now)
    if signed_in and (joined := _joined(request, visit)):
        return _page(request, visit, joined=joined)
    if not visit.choice.services:
        return _page(request, visit, status=422 if request.method == "POST" else 200)
    if request.method == "POST":
        return _save(request, visit)
    return _page(request, visit, form=WaitlistForm(initial=_first_idea(request, visit), today=_today(visit)))


def _save(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.signed_in is None or visit.needs_name():
        response = see_other(_sign_in_url(request, visit))
        devices.keep_note(response, visit.business, visit.choice, clean_note(request)[:NOTE_LENGTH])
        return response
    form = WaitlistForm(request.POST, today=_today(visit))
    if retry := limits.retry_after("waitlist", str(visit.signed_in.client.pk)):
        visit.problems.append(TOO_MANY.format(when=wait_words(retry)))
        response = _page(request, visit, form=form, status=429)
        response["Retry-After"] = str(retry)
        return response
    if not form.is_valid():
        return _page(request, visit, form=form, status=422)
    return see_other(_url(visit, "waitlist", joined=str(_join(visit, form).pk)))


def _join(visit: Visit, form: WaitlistForm) -> WaitlistEntry:
    """The client's new entry; a wish they already have is not doubled, not by two presses at once either: they queue at the client's row."""
    assert visit.signed_in
    window = form.window()
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=visit.signed_in.client.pk)
        note = form.cleaned_data["note"]
        earlier = queries.same_wish(
            business=visit.business, client=client, services=visit.choice.services, member=visit.person, window=window, note=note
        )
        return earlier or scheduler.join_waitlist(
            business=visit.business,
            client=client,
            lines=visit.resolved.lines,
            windows=[window],
            member=visit.person,
            note=note,
            source=WaitlistEntry.Source.ONLINE,
            now=visit.now,
        )


def _page(request: HttpRequest, visit: Visit, *, status: int = 200, **context: Any) -> HttpResponse:
    base = {
        "business": visit.business,
        "client": visit.client,
        "visit": visit,
        "problems": visit.problems,
        "parts": [(value, words[0]) for value, words in PARTS.items()],
        "note_max": NOTE_LENGTH,
        "today": _today(visit),
        "sign_in_url": _sign_in_url(request, visit),
        "services_url": visit.url("services"),
        "time_url": visit.url("time"),
    }
    return render(request, "booking/waitlist.html", base | context, status=status)


def _joined(request: HttpRequest, visit: Visit) -> WaitlistEntry | None:
    text = request.GET.get("joined", "")
    if request.method == "POST" or not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    assert visit.signed_in
    return queries.waiting_entry(business=visit.business, client=visit.signed_in.client, entry_id=int(text))


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.business.zone).date()


def _first_idea(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """What was typed before the sign-in; else the chosen time's own day; else the week that begins with the day looked at.

    The note typed here or on Review comes along.
    """
    start, note = visit.choice.start_at, visit.note or ""
    asked = _carried(request)
    if start and start > visit.now and "until" not in asked:
        day = start.astimezone(visit.business.zone)
        part = next(value for value, (_, first, last) in PARTS.items() if value != "any" and _within(day.time(), first, last))
        return {"first_day": day.date(), "last_day": day.date(), "part": part, "note": note}
    first = max(wizard.parse_day(asked.get("day", "")) or _today(visit), _today(visit))
    last = wizard.parse_day(asked.get("until", "")) or first + A_WEEK
    return {"first_day": first, "last_day": last, "part": asked.get("part", "any"), "note": note}


def _carried(request: HttpRequest) -> dict[str, str]:
    """The days and the part of the day that were typed (POST), or came along in the address (GET), as far as they can be read."""
    sent = {name: request.POST.get(field, "") if request.method == "POST" else request.GET.get(name, "") for name, field in CARRIED.items()}
    return {name: text for name, text in sent.items() if (text in PARTS if name == "part" else wizard.parse_day(text))}


def _within(moment: Any, first: Any, last: Any) -> bool:
    return (first is None or moment >= first) and (last is None or moment < last)


def _sign_in_url(request: HttpRequest, visit: Visit) -> str:
    return _url(visit, "phone", next="waitlist", **_carried(request))


def _url(visit: Visit, name: str, **extra: str) -> str:
    return reverse(f"booking:{name}", args=[visit.business.slug]) + f"?{urlencode([*visit.choice.pairs(), *extra.items()])}"
