"""A draft goes on by the client's own press: "Continue your booking", or "Change something" of a resume link (D6)."""

from dataclasses import replace
from datetime import datetime

from django.http import HttpResponse

from booking import actions
from booking.actions import take
from booking.views.context import arrive
from booking.views.replies import see_other
from booking.visit import visit_for
from booking.wizard import Choice
from business.access import SignedIn
from business.models import Business
from drafts.document import Draft


def choice_of(draft: Draft) -> Choice:
    """What the draft holds, as the pages carry it. "Any team member" counts as chosen."""
    return Choice(
        services=tuple((line.service_id, line.variant_id) for line in draft.selection.services),
        member=draft.selection.team_member_id,
        member_chosen=True,
        start_at=draft.selection.start_at,
        flow=draft.flow,
    )


def pick_up(
    *,
    business: Business,
    signed_in: SignedIn,
    draft: Draft,
    now: datetime,
    start: datetime | None = None,
    pick_time: bool = False,
    link: bool = False,
) -> HttpResponse:
    """The whole selection onto this device's session, note included; the draft's review starts or goes on (T1, T2); then Review.

    `start` takes the place of the draft's time. `pick_time`, and a time that has passed, lead to the Time step instead.
    `link`: a resume link led here, and is remembered for D17.
    """
    choice = choice_of(draft)
    if start:
        choice = replace(choice, start_at=start)
    actions.keep_choice(session=signed_in.session, choice=choice, note=draft.selection.notes, now=now, link=link)
    if not pick_time and choice.start_at and choice.start_at > now:
        return arrive(business=business, signed_in=signed_in, choice=choice, now=now)
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, now=now)
    take(visit)
    # Time says that the time has passed; "See all times" asks for no reason.
    return see_other(visit.url("time" if visit.choice.services else "services", replace(choice, start_at=None) if pick_time else choice))
