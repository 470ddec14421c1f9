"""The resume link: every row of the table in draft-lifecycle 9 (D4 to D6, S69, S70).

GET and HEAD change nothing and give nothing, because mail scanners and previews open links first: no session, no cookie but CSRF. What the
client presses is a POST with a CSRF token: Confirm books, Change something leads to the normal pages, Switch signs the other client out.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from booking import actions, signin
from booking.signin import SignInError
from booking.views import devices
from booking.views import resume_pages as pages
from booking.views.context import done_url
from booking.views.pick_up import choice_of, pick_up
from booking.views.replies import seconds_to_wait, see_other, wait_words
from booking.views.resume_pages import Opened
from booking.views.review import CHANGED
from booking.views.signin import whole_session
from booking.visit import Visit, visit_for
from booking.wizard import Choice
from business import access, limits
from business.access import SignedIn
from business.models import Channel
from core import clock
from drafts import queries as drafts
from drafts.document import Draft, DraftsUnavailable
from messaging import queries as messages
from messaging.models import ResumeLink
from scheduler import queries as appointments
from scheduler.actions import NotBookable, SlotTaken
from scheduler.models import Appointment

HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
PERSON_GONE = "The person you chose can't be booked online any more. This is with whoever is free."


class _LinkCsrf(CsrfViewMiddleware):
    """The usual CSRF check, but `Origin: null` is no reason to refuse: browsers send that from a page with `Referrer-Policy: no-referrer`.

    The token in the form must still fit the cookie, which no other site can read or set.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        return request.META["HTTP_ORIGIN"] == "null" or bool(super()._origin_verified(request))  # type: ignore[misc]


@csrf_exempt
@decorator_from_middleware(_LinkCsrf)
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a link; always with no-referrer, no-store and noindex."""
    response = _answer(request, token, now=clock.now())
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _answer(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    link = messages.link_by_token(token) if devices.LINK_TOKEN.fullmatch(token) else None
    if link is None:
        return pages.gone_page(request, None)
    whole = whole_session(request, link.business, now=now)
    if whole and whole.client.pk != link.client_id:
        return _somebody_else(request, link)
    if link.revoked_at is not None:
        return pages.gone_page(request, link)
    ended: Callable[[HttpRequest, ResumeLink], HttpResponse] = pages.gone_page
    try:
        draft = drafts.get(business_id=link.business_id, draft_id=link.draft_id, now=now)
    except DraftsUnavailable:
        draft, ended = None, pages.away_page
    covering = appointments.booked_from([draft]).get(draft.id) if draft else None
    if draft and draft.open and covering is None:
        return _alive(request, token, _open(request, link, draft, whole, now=now), now=now)
    made = covering or appointments.appointment_for_draft(
        business_id=link.business_id, draft_id=link.draft_id, engagement=link.message.engagement
    )
    if made and made.status == Appointment.Status.BOOKED and made.ends > now:
        return pages.booked_page(request, link, made, whole)
    return ended(request, link)


def _open(request: HttpRequest, link: ResumeLink, draft: Draft, whole: SignedIn | None, *, now: datetime) -> Opened:
    limited = access.client_of(request, link.business, now=now)
    signed_in = whole or (limited if limited and limited.draft_id == draft.id else None)
    visit = visit_for(business=link.business, signed_in=signed_in, choice=choice_of(draft), now=now)
    if visit.choice.services and not visit.candidates:
        anyone = replace(visit.choice, member=None)
        visit = visit_for(business=link.business, signed_in=signed_in, choice=anyone, now=now, problems=[*visit.problems, PERSON_GONE])
    return Opened(link, draft, visit, free=_is_free(visit), trusted=signed_in is not None or link.channel == Channel.SMS)


def _is_free(visit: Visit) -> bool:
    """Whether the time can be booked now; the link's draft holds it, so that the minimum notice is not asked again (D4)."""
    start = visit.choice.start_at
    return bool(
        start
        and visit.candidates
        and appointments.is_free(
            business=visit.business, members=visit.candidates, duration_min=visit.duration_min, start=start, now=visit.now, held=True
        )
    )


def _alive(request: HttpRequest, token: str, opened: Opened, *, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return pages.review_page(request, opened)
    if not opened.link.business.online_booking:
        return pages.review_page(request, opened, status=409)
    if retry := limits.retry_after("confirm", f"link-{opened.link.pk}"):
        return pages.review_page(request, opened, status=429, said="That was a lot of presses.", wait=wait_words(retry), retry=retry)
    do = request.POST.get("do", "")
    if do not in ("confirm", "change"):
        return pages.review_page(request, opened, status=400, said="That didn't come through. Press a button below.")
    if not opened.trusted:
        return _code_first(request, token, opened, now=now)
    return _confirm(request, opened) if do == "confirm" else _change(request, opened)


def _confirm(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Book what the page showed, in one press."""
    visit, link = opened.visit, opened.link
    if request.POST.get("shown", "") != visit.shown:
        return pages.review_page(request, opened, status=409, said=CHANGED)
    if not opened.free:
        return _taken(request, opened)
    assert visit.choice.start_at
    try:
        appointment = actions.confirm(
            business=link.business,
            client=link.client,
            lines=visit.resolved.lines,
            start=visit.choice.start_at,
            members=visit.candidates,
            note=opened.draft.selection.notes,
            confirm_key=opened.draft.flow,
            via_link=True,
            now=visit.now,
        )
    except SlotTaken:
        return _taken(request, replace(opened, free=False))
    except NotBookable as refusal:
        return pages.review_page(request, replace(opened, free=False), status=422, said=str(refusal))
    response = see_other(done_url(visit, appointment))
    if visit.signed_in:
        actions.forget_choice(session=visit.signed_in.session, flow=opened.draft.flow)
        if visit.signed_in.draft_id:
            signin.sign_out(business=link.business, token=devices.session_token(request, link.business))
            devices.forget(response, link.business, session=True)
    return response


def _taken(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The time went to somebody else while the page was open: the press was an engagement all the same (T2), then the nearest times."""
    actions.capture(
        business=opened.link.business,
        client=opened.link.client,
        choice=opened.visit.choice,
        lines=opened.visit.resolved.lines,
        note=opened.draft.selection.notes,
        now=opened.visit.now,
    )
    return pages.review_page(request, opened, status=409)


def _change(request: HttpRequest, opened: Opened) -> HttpResponse:
    """T1 or T2, then the normal pages: with `at` straight to Review with that time. Another device gets a session for this draft only."""
    link, signed_in = opened.link, opened.visit.signed_in
    token = ""
    if signed_in is None:
        token, session = signin.open_draft_session(link=link, now=opened.visit.now)
        signed_in = SignedIn(client=link.client, session=session)
    choice, _ = Choice.from_query(request.POST)
    response = pick_up(
        business=link.business,
        signed_in=signed_in,
        draft=opened.draft,
        now=opened.visit.now,
        link=True,
        start=choice.start_at,
        pick_time="pick" in request.POST or not (choice.start_at or opened.free),
    )
    if token:
        devices.keep_session(response, link.business, token, signin.DRAFT_SESSION_FOR)
    return response


def _code_first(request: HttpRequest, token: str, opened: Opened, *, now: datetime) -> HttpResponse:
    """An e-mail is no proof of the phone (D5): text a code to the client, then come back here signed in."""
    link = opened.link
    waiting = signin.challenge_of(business=link.business, token=devices.challenge_token(request, link.business))
    response = see_other(reverse("booking:code", args=[link.business.slug]))
    if not (waiting and waiting.is_live(now=now) and waiting.phone == link.client.phone):
        try:
            challenge = signin.request_code(
                business=link.business,
                phone=link.client.phone,
                visitor=devices.visitor_of(request, link.business),
                phone_known_to_visitor=False,
                now=now,
            )
        except SignInError as problem:
            wait = seconds_to_wait(problem, now=now)
            return pages.review_page(request, opened, status=problem.status, said=problem.message, wait=wait_words(wait), retry=wait)
        devices.keep_challenge(response, link.business, challenge.token)
    devices.keep_return(response, link.business, token)
    return response


def _somebody_else(request: HttpRequest, link: ResumeLink) -> HttpResponse:
    """Another client is signed in here: nothing of the draft is shown; they may switch."""
    if request.method == "POST" and request.POST.get("do") == "switch":
        signin.sign_out(business=link.business, token=devices.session_token(request, link.business))
        response = see_other(request.path)
        devices.forget(response, link.business, session=True, sign_in=True)
        return response
    return pages.draw(request, "booking/resume_other.html", link.business, status=403 if request.method == "POST" else 200)
