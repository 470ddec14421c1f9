"""Review & Book: the choice once more, the countdown, the note, Confirm.

How the ten minutes start and go on (S11, D1, D2, D6; T1 and T2 of draft-lifecycle 3). GET changes nothing, so:

- Continue on Time, a code just verified, and "Change something" of a resume link are presses: they POST here (or call `context.arrive`),
  which captures the draft and answers 303 to the GET page. The form on Time carries a flow minted when it was drawn, so that a double
  press is one flow; the flow then stays in the address, through every walk back, until it is confirmed.
- GET finds the client's draft and compares the *selection*, not the flow: two tabs on one selection show one countdown.
  `live`: reviewing, before its deadline, this selection: the countdown as it stands. A reload keeps it (D2).
  `ended`: this selection, but its time ran out (or staff dismissed it since): the page at 0:00. Looking again is no engagement; "Keep this
  time" or "I need more time" is, and so are Confirm and a changed choice (D6, D7).
  `new`: no draft of this selection: an address typed, the Back button, a second tab with another choice. The page is complete and Confirm
  works; review.js tells the server that somebody has arrived (T1b in a live session, else T2) and the countdown appears; without JavaScript
  there is a button for it. When capture fails there is simply no countdown.
- A flow that was confirmed is answered with its booking, so neither Back nor a second tab can book it twice; captures of it are dropped by
  the store. "Book another" starts without a flow, and so with a new one.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from booking import actions, queries
from booking.views.calendar import nearest_times, time_page, zone_name
from booking.views.context import UNUSABLE, closed, done_url, page, visit_of
from booking.views.replies import cancel_until, see_other, too_many
from booking.views.steps import back_to_services, team_page
from booking.visit import Visit
from booking.wizard import Step
from business import limits
from business.sizes import NOTE_LENGTH
from core import identifiers
from drafts.document import Draft

NOTE_TOO_LONG = f"Notes can be up to {NOTE_LENGTH} characters. Yours is kept below: shorten it, then confirm."

CHANGED = "This has changed since you opened the page. Look it over, then confirm."


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """GET draws the page. POST: `do=note` saves the note; `do=more_time` starts ten fresh minutes; otherwise the client arrives."""
    visit = visit_of(request, slug)
    booked = visit.booked()
    if booked:
        return see_other(done_url(visit, booked))
    missing = step_missing(request, visit)
    if missing:
        return missing
    if request.method != "POST":
        return review_page(request, visit)
    assert visit.signed_in
    retry = limits.retry_after("capture", str(visit.signed_in.client.pk))
    if retry:
        return slow_down(request, visit, retry, note=clean_note(request) if "note" in request.POST else None)
    return _pressed(request, visit)


def _pressed(request: HttpRequest, visit: Visit) -> HttpResponse:
    assert visit.signed_in
    do = request.POST.get("do", "")
    visit.choice = replace(visit.choice, flow=visit.choice.flow or identifiers.new_uuid())
    # Whatever was pressed, the note on the page comes along; Time's Continue has none.
    note = clean_note(request) if "note" in request.POST else None
    too_long = note is not None and len(note) > NOTE_LENGTH
    if too_long:
        visit.problems.append(NOTE_TOO_LONG)
    elif note is not None:
        actions.keep_choice(session=visit.signed_in.session, choice=visit.choice, note=note, now=visit.now)
    if do == "note":
        return review_page(request, visit, note=note) if too_long else _note_saved(visit)
    if do != "more_time" and not visit.is_free():
        return time_page(request, visit, moved="That time isn't free any more")
    actions.take(visit, more_time=do == "more_time")
    return review_page(request, visit, note=note) if visit.problems else see_other(visit.url("review"))


def _note_saved(visit: Visit) -> HttpResponse:
    """While the session lives, the draft has the note, too (T1a: the countdown stays)."""
    if visit.session_state(draft_of(visit)) == "live":
        actions.take(visit)
    return HttpResponse(status=204)


def step_missing(request: HttpRequest, visit: Visit) -> HttpResponse | None:
    """The page of the step that must come first; None when Review can be shown.

    Not signed in, or a new client who has not said their name: the sign-in, with the choice in the address.
    """
    if shut := closed(visit):
        return shut
    if not visit.choice.services:
        return back_to_services(request, visit)
    if not visit.candidates:
        return team_page(request, visit)
    if visit.choice.start_at is None or visit.choice.start_at <= visit.now:
        if request.method == "POST" and visit.choice.start_at is None and not visit.problems:
            visit.problems.append("Choose a time to continue.")
        return time_page(request, visit)
    if visit.signed_in is None or visit.link_is_spent():
        return see_other(visit.url("phone", replace(visit.choice, flow=None)) if visit.signed_in else visit.url("phone"))
    return see_other(visit.url("phone")) if visit.needs_name() else None


def draft_of(visit: Visit) -> Draft | None:
    assert visit.signed_in
    return queries.draft_of(business=visit.business, client=visit.signed_in.client, now=visit.now)


def review_page(request: HttpRequest, visit: Visit, *, note: str | None = None) -> HttpResponse:
    """Draw Review; `note` is what was typed when it could not be kept. 422 when something of the choice could not be used."""
    draft = draft_of(visit)
    state = visit.session_state(draft)
    free = visit.is_free()
    kept = visit.note
    if kept is None:
        kept = draft.selection.notes if draft and state == "ended" else actions.note_of(draft)
    if visit.choice.flow is None:
        visit.choice = replace(visit.choice, flow=identifiers.new_uuid())
    return page(
        request,
        visit,
        Step.REVIEW,
        "booking/review.html",
        status=UNUSABLE if visit.problems else 200,
        state=state,
        free=free,
        note=kept if note is None else note,
        note_max=NOTE_LENGTH,
        zone_name=zone_name(visit.business, visit.choice.start_at or visit.now),
        pairs=visit.choice.pairs(),
        shown=visit.shown,
        query=visit.choice.to_query(),
        edit={step: visit.url(step) for step in ("services", "team", "time")},
        team_applies=len(visit.people) > 1,
        cancel_until=cancel_until(visit.business, visit.choice.start_at, now=visit.now) if visit.choice.start_at else None,
        session_api=reverse("booking:api_review_session", args=[visit.business.slug]),
        **countdown(draft if state != "new" else None, visit.now),
        **({} if free else nearest_times(visit, visit.choice.start_at or visit.now)),
    )


def countdown(draft: Draft | None, now: datetime) -> dict[str, Any]:
    """What the banner needs; the browser only shows the difference of the two moments (S20)."""
    if draft is None:
        return {"deadline": None, "now": now}
    left = max(0, int((draft.review_expires_at - now).total_seconds()))
    return {"deadline": draft.review_expires_at, "now": now, "left": left, "left_text": f"{left // 60}:{left % 60:02d}"}


def clean_note(request: HttpRequest) -> str:
    """The note as typed, without NUL and other control characters; line breaks and the joiners inside emoji stay."""
    text = request.POST.get("note", "").replace("\r\n", "\n")
    return "".join(letter for letter in text if letter in "\n\u200c\u200d" or letter.isprintable()).strip()


def slow_down(request: HttpRequest, visit: Visit, retry: int, *, note: str | None) -> HttpResponse:
    """429, with the note that was typed kept on this device; None when there was none on the page."""
    if visit.signed_in and note is not None:
        actions.keep_choice(session=visit.signed_in.session, choice=visit.choice, note=note, now=visit.now)
    whole = visit.client if visit.signed_in and not visit.signed_in.draft_id else None
    return too_many(request, business=visit.business, client=whole, retry=retry, back=visit.url("review"))
