"""Sign in with a phone code: the number, the code, a new client's name; and sign out.

The booking travels through in the address. Whoever signs in with one lands on Review, where their ten minutes start (D1).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from booking import signin, wizard
from booking.actions import keep_choice
from booking.forms.signin import CodeForm, NameForm, PhoneForm
from booking.models import SignInCode
from booking.signin import SignInError, TooMany, Wants
from booking.views import devices
from booking.views.context import arrive
from booking.views.replies import seconds_to_wait, see_other, wait_words
from booking.visit import visit_for
from booking.wizard import Choice, Step
from business import access
from business.access import SignedIn
from business.models import Business
from core import clock, identifiers

NEXT = {"mine", "waitlist"}


@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the mobile number, say what verifying agrees to (D13), and text the code."""
    now = clock.now()
    business = access.access_business(slug)
    if signed_in := whole_session(request, business, now=now):
        if not signed_in.client.first_name:
            return see_other(_url(request, business, "code"))
        if request.method == "POST":
            return _onward(request, business, signed_in, now=now)
        return _page(request, business, "booking/phone.html", now=now, client=signed_in.client)
    if request.method == "POST":
        return _ask(request, business, now=now)
    return _page(request, business, "booking/phone.html", now=now, form=PhoneForm(business=business))


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the code; then, of a new client only, for their name."""
    now = clock.now()
    business = access.access_business(slug)
    if signed_in := whole_session(request, business, now=now):
        return _name(request, business, signed_in, now=now)
    challenge = signin.challenge_of(business=business, token=devices.challenge_token(request, business))
    if challenge is None:
        return see_other(_url(request, business, "phone"))
    if request.method != "POST":
        return _code_page(request, business, challenge, now=now)
    if "resend" in request.POST:
        return _resend(request, business, challenge, now=now)
    return _check(request, business, challenge, now=now)


@require_POST
def signout(request: HttpRequest, slug: str) -> HttpResponse:
    """End the session on the server and take its cookie away."""
    business = access.access_business(slug)
    signin.sign_out(business=business, token=devices.session_token(request, business))
    response = see_other(reverse("booking:start", args=[business.slug]) + "?signed_out=1")
    devices.forget(response, business, session=True, sign_in=True)
    return response


def _ask(request: HttpRequest, business: Business, *, now: datetime) -> HttpResponse:
    form = PhoneForm(request.POST, business=business)
    if not form.is_valid():
        return _page(request, business, "booking/phone.html", now=now, status=422, form=form)
    wants = Wants(sms=form.cleaned_data["wants_sms"], email=form.cleaned_data["wants_email"])
    response = see_other(_url(request, business, "code"))
    try:
        number = signin.textable_number(business=business, text=form.cleaned_data["number"], region=form.cleaned_data["country"])
        if _pressed_twice(request, business, number, wants, now=now):
            return response
        challenge = signin.request_code(
            business=business, phone=number, visitor=devices.visitor_of(request, business), wants=wants, now=now
        )
    except SignInError as problem:
        return _refused(request, business, "booking/phone.html", problem, now=now, form=form)
    devices.keep_challenge(response, business, challenge.token)
    return response


def _pressed_twice(request: HttpRequest, business: Business, number: str, wants: Wants, *, now: datetime) -> bool:
    """Whether this device got a code for this number a moment ago: then that one counts, with the switches as they stand now."""
    waiting = signin.challenge_of(business=business, token=devices.challenge_token(request, business))
    if not (waiting and waiting.phone == number and waiting.phone_known_to_visitor and waiting.is_live(now=now)):
        return False
    if now >= waiting.created_at + signin.budget.RESEND_AFTER:
        return False
    signin.change_wants(challenge=waiting, wants=wants)
    return True


def _check(request: HttpRequest, business: Business, challenge: SignInCode, *, now: datetime) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, business, challenge, now=now, status=422, form=form)
    try:
        verified = signin.verify(
            business=business,
            challenge_token=devices.challenge_token(request, business),
            code=form.cleaned_data["code"],
            visitor=devices.visitor_of(request, business),
            now=now,
        )
    except SignInError as problem:
        challenge.refresh_from_db()
        return _code_page(request, business, challenge, now=now, problem=problem)
    signin.sign_out(business=business, token=devices.session_token(request, business))
    signed_in = SignedIn(client=verified.client, session=verified.session)
    if verified.is_new:
        response: HttpResponse = see_other(_url(request, business, "code"))
    else:
        response = _onward(request, business, signed_in, now=now)
    devices.forget(response, business, sign_in=not verified.is_new)
    devices.keep_session(response, business, verified.session_token)
    devices.keep_device(response, business, verified.device_token)
    return response


def _resend(request: HttpRequest, business: Business, challenge: SignInCode, *, now: datetime) -> HttpResponse:
    try:
        fresh = signin.request_code(
            business=business,
            phone=challenge.phone,
            visitor=devices.visitor_of(request, business),
            wants=Wants(sms=challenge.wants_sms, email=challenge.wants_email),
            phone_known_to_visitor=challenge.phone_known_to_visitor,
            now=now,
        )
    except SignInError as problem:
        return _code_page(request, business, challenge, now=now, problem=problem)
    response = see_other(_url(request, business, "code", resent="1"))
    devices.keep_challenge(response, business, fresh.token)
    return response


def _name(request: HttpRequest, business: Business, signed_in: SignedIn, *, now: datetime) -> HttpResponse:
    if signed_in.client.first_name:
        if request.method == "POST":
            return _onward(request, business, signed_in, now=now)
        return see_other(_url(request, business, "phone"))
    form = NameForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return _page(request, business, "booking/code_name.html", now=now, status=status, form=form)
    signin.introduce(client=signed_in.client, **form.cleaned_data)
    response = _onward(request, business, signed_in, now=now)
    devices.forget(response, business, sign_in=True)
    return response


def _onward(request: HttpRequest, business: Business, signed_in: SignedIn, *, now: datetime) -> HttpResponse:
    """Where a client goes who just signed in: back to the link they came from, to Review with their booking, or where they wanted."""
    token = devices.return_token(request, business)
    if token and not _query(request):
        response = see_other(reverse("booking:resume", args=[token]))
        devices.forget(response, business, sign_in=True)
        return response
    choice, _ = Choice.from_query(request.GET)
    note = devices.note_of(request, business, choice)
    wanted = request.GET.get("next", "")
    if wanted not in NEXT:
        choice = replace(choice, flow=choice.flow or identifiers.new_uuid())
    if note is not None:
        keep_choice(session=signed_in.session, choice=choice, note=note, now=now)
    if wanted in NEXT:
        return see_other(_url(request, business, wanted))
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, now=now)
    if not choice.services:
        return see_other(reverse("booking:start", args=[business.slug]))
    step = wizard.open_step(visit.choice, people=len(visit.people))
    if step != Step.REVIEW:
        return see_other(visit.url(step, choice))
    return arrive(business=business, signed_in=signed_in, choice=choice, now=now)


def _code_page(
    request: HttpRequest,
    business: Business,
    challenge: SignInCode,
    *,
    now: datetime,
    problem: SignInError | None = None,
    **context: Any,
) -> HttpResponse:
    base: dict[str, Any] = {
        "form": CodeForm(),
        "challenge": challenge,
        "ended": not challenge.is_live(now=now),
        "spent": challenge.attempts >= signin.budget.GUESSES,
        "resend_at": challenge.created_at + signin.budget.RESEND_AFTER,
        "back": reverse("booking:resume", args=[link]) if (link := devices.return_token(request, business)) else "",
        "again": request.get_full_path() if request.method == "POST" else "",
    }
    if problem:
        return _refused(request, business, "booking/code.html", problem, now=now, **(base | context))
    return _page(request, business, "booking/code.html", now=now, **(base | context))


def _refused(
    request: HttpRequest, business: Business, template: str, problem: SignInError, *, now: datetime, **context: Any
) -> HttpResponse:
    wait = seconds_to_wait(problem, now=now)
    response = _page(request, business, template, status=problem.status, problem=problem, wait=wait_words(wait), now=now, **context)
    if problem.status == TooMany.status:
        response["Retry-After"] = str(max(1, wait))
    return response


def _page(request: HttpRequest, business: Business, template: str, *, now: datetime, status: int = 200, **context: Any) -> HttpResponse:
    choice, _ = Choice.from_query(request.GET)
    visit = visit_for(business=business, signed_in=None, choice=choice, now=now) if choice.services else None
    base = {"business": business, "now": now, "visit": visit, "query": _query(request), "problem": None, "demo": settings.DEMO}
    return render(request, template, base | context, status=status)


def whole_session(request: HttpRequest, business: Business, *, now: datetime) -> SignedIn | None:
    """The client signed in by their own code, not by a link."""
    signed_in = access.client_of(request, business, now=now)
    return signed_in if signed_in and not signed_in.draft_id else None


def _query(request: HttpRequest, **extra: str) -> str:
    """The address's query as it goes on: the booking, and where to go afterwards."""
    kept: QueryDict = request.GET.copy()
    for name in ("resent", "signed_out"):
        kept.pop(name, None)
    for name, value in extra.items():
        kept[name] = value
    return kept.urlencode()


def _url(request: HttpRequest, business: Business, name: str, **extra: str) -> str:
    query = _query(request, **extra)
    return reverse(f"booking:{name}", args=[business.slug]) + (f"?{query}" if query else "")
