"""The unfinished bookings, played through the product's own actions at the moments at which they would have happened.

So every state is true: the sweep rings the bells, counts, and decides on the reminders; the demo outbox gets them with links that work.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User

from booking.actions import confirm
from business.models import Client
from config.demo import menu
from config.demo.diary import Diary, with_team
from config.demo.house import Salon
from config.demo.shapes import DraftSpec
from core import identifiers
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import Draft, Selection, ServiceChoice
from drafts.lifecycle import REVIEW_FOR
from followups import outreach
from followups.actions import dismiss
from followups.sweep import sweep
from scheduler import actions as scheduler
from scheduler.models import Appointment
from scheduler.queries import Line

SENT_AFTER = timedelta(seconds=2)
TAKEN_AFTER = timedelta(minutes=22)
DISMISSED_AFTER = timedelta(minutes=34)
CONFIRMED_AFTER = timedelta(minutes=47)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One unfinished booking of one salon, with its time."""

    salon: Salon
    spec: DraftSpec
    start: datetime
    ended: datetime

    @property
    def client(self) -> Client:
        return self.salon.clients[self.spec.client]

    @property
    def lines(self) -> list[Line]:
        return menu.pick(self.salon, self.spec.services)


def reserve(salon: Salon, diary: Diary, *, today: date) -> Mapping[str, datetime]:
    """The times the unfinished bookings are for, by client, taken out of `diary` so that the days leave them free."""
    return dict(_times(salon, diary, today))


def play(salons: Sequence[Salon], *, afresh: bool, now: datetime) -> int:
    """Every unfinished booking up to `now`, the oldest first; returns how many. One that exists already is left as it is.

    `afresh`: the salons were written just now, so that drafts with their ids are of an older database and go. Raises DraftsUnavailable.
    """
    scenes = sorted((scene for salon in salons for scene in _scenes(salon, now)), key=lambda scene: scene.ended)
    if afresh:
        for scene in scenes:
            drafts.erase_client(business_id=scene.salon.business.pk, client_id=scene.client.pk)
    untold = [scene for scene in scenes if _draft(scene.salon, scene.spec, now) is None]
    for scene in untold:
        _play(scene, now)
    return len(untold)


def is_over(salon: Salon, *, now: datetime) -> bool:
    """Nobody of the story is on Review or waits any more. Raises DraftsUnavailable."""
    known = [_draft(salon, spec, now) for spec in salon.spec.drafts]
    return not any(draft.open for draft in known if draft)


def _draft(salon: Salon, spec: DraftSpec, now: datetime) -> Draft | None:
    return draft_queries.for_client(business_id=salon.business.pk, client_id=salon.clients[spec.client].pk, now=now)


def _times(salon: Salon, diary: Diary, today: date) -> Iterator[tuple[str, datetime]]:
    for draft in salon.spec.drafts:
        length = menu.minutes(menu.pick(salon, draft.services))
        start = diary.first_free(draft.member, today + timedelta(days=draft.days_ahead), draft.hour, length)
        diary.take(draft.member, start, length)
        yield draft.client, start


def _scenes(salon: Salon, now: datetime) -> Iterator[_Scene]:
    times = reserve(salon, with_team(salon), today=now.astimezone(salon.business.zone).date())
    for draft in salon.spec.drafts:
        yield _Scene(salon, draft, times[draft.client], now - timedelta(minutes=draft.ended_min_ago))


def _play(scene: _Scene, now: datetime) -> None:
    draft = drafts.start_review(
        business_id=scene.salon.business.pk,
        client_id=scene.client.pk,
        flow=identifiers.new_uuid(),
        selection=_selection(scene),
        now=scene.ended - REVIEW_FOR,
    )
    if draft is None or scene.ended > now:
        return
    sweep(now=scene.ended)
    outreach.deliver_queued(now=scene.ended + SENT_AFTER, limit=10)
    if scene.spec.taken_by:
        _take(scene)
    if scene.spec.then == "dismissed":
        _dismiss(scene, draft)
    if scene.spec.then == "converted":
        _convert(scene, draft)


def _selection(scene: _Scene) -> Selection:
    return Selection(
        services=tuple(
            ServiceChoice(line.service.pk, line.variant.pk if line.variant else None, line.name, line.duration_min, line.price_minor)
            for line in scene.lines
        ),
        team_member_id=None if scene.spec.any_member else scene.salon.members[scene.spec.member].pk,
        start_at=scene.start,
        tz=scene.salon.business.timezone,
        notes=scene.spec.note,
    )


def _take(scene: _Scene) -> None:
    """Somebody rings up and gets the time."""
    scheduler.book(
        business=scene.salon.business,
        client=scene.salon.clients[scene.spec.taken_by],
        members=[scene.salon.members[scene.spec.member]],
        start=scene.start,
        lines=scene.lines,
        confirm_key=identifiers.new_uuid(),
        now=scene.ended + TAKEN_AFTER,
        source=Appointment.Source.STAFF,
        mirrored=True,
        enforce_rules=False,
    )


def _dismiss(scene: _Scene, draft: Draft) -> None:
    staff = User.objects.filter(memberships__business=scene.salon.business, memberships__manage_waitlist=True).order_by("-id").first()
    if staff is not None:
        dismiss(
            business=scene.salon.business,
            draft_id=draft.id,
            engagement=draft.engagement,
            user=staff,
            now=scene.ended + DISMISSED_AFTER,
        )


def _convert(scene: _Scene, draft: Draft) -> None:
    """The client comes back by the link and books; where a person closed the online booking, they wait like the others."""
    with contextlib.suppress(scheduler.NotBookable):
        confirm(
            business=scene.salon.business,
            client=scene.client,
            lines=scene.lines,
            start=scene.start,
            members=[scene.salon.members[scene.spec.member]],
            note=scene.spec.note,
            confirm_key=draft.flow,
            via_link=True,
            now=scene.ended + CONFIRMED_AFTER,
        )
