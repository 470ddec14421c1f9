"""Brings a demo that was written on an earlier day up to today, at the next start: drafts live 24 hours, and the days ahead run out.

Only what is gone is written anew. What people made or changed by hand stays as it is, and is worked around.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction

from business.actions import audit
from business.models import AuditEvent
from config.demo import days, menu, story, waitlist
from config.demo.diary import with_team
from config.demo.house import Salon, load
from config.demo.shapes import DraftSpec, SalonSpec, WaitSpec

SEEDED = "demo.seeded"
PROLONGED = "demo.prolonged"


def refresh(specs: Sequence[SalonSpec], *, now: datetime) -> bool:
    """New drafts where no old one is left, new days and wishes where the old are over; False when nothing was. Raises DraftsUnavailable."""
    ours = set(AuditEvent.objects.filter(action=SEEDED).values_list("business__slug", flat=True))
    salons = [_what_stands(load(spec)) for spec in specs if spec.slug in ours]
    changed = [_prolong(salon, now) for salon in salons]
    told = story.play([salon for salon in salons if story.is_over(salon, now=now)], afresh=False, now=now)
    return any(changed) or bool(told)


@transaction.atomic
def _prolong(salon: Salon, now: datetime) -> bool:
    """The salon's days and waitlist, up to four weeks from now."""
    zone = salon.business.zone
    today = now.astimezone(zone).date()
    filled_until = _filled_until(salon)
    asked = waitlist.renew(salon, now=now)
    if filled_until >= today + timedelta(weeks=days.WEEKS):
        return bool(asked)
    diary = with_team(salon)
    story.reserve(salon, diary, today=today)
    days.prolong(salon, diary, filled_until=filled_until, now=now)
    audit(business=salon.business, actor=None, action=PROLONGED, object_id=salon.spec.slug, now=now)
    return True


def _filled_until(salon: Salon) -> date:
    written = AuditEvent.objects.filter(business=salon.business, action__in=(SEEDED, PROLONGED)).latest("at").at
    return written.astimezone(salon.business.zone).date() + timedelta(weeks=days.WEEKS)


def _what_stands(salon: Salon) -> Salon:
    """The salon without what a person renamed, archived or deleted since."""
    working = {name for name, member in salon.members.items() if member.bookable and member.archived_at is None}
    spec = replace(
        salon.spec,
        team=tuple(member for member in salon.spec.team if member.first_name in working),
        waitlist=tuple(wish for wish in salon.spec.waitlist if _has(salon, wish, {wish.member} - {""} <= working)),
        drafts=tuple(draft for draft in salon.spec.drafts if _has(salon, draft, draft.member in working, draft.taken_by)),
    )
    return replace(salon, spec=spec)


def _has(salon: Salon, wanted: DraftSpec | WaitSpec, works: bool, other_client: str = "") -> bool:
    try:
        menu.pick(salon, wanted.services)
    except KeyError:
        return False
    return works and {wanted.client, other_client} - {""} <= salon.clients.keys()
