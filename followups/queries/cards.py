"""The cards of the Incomplete tab, in a number of queries that does not grow with the number of cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from business.models import Business, Client, Service, TeamMember, Variant
from drafts import queries as draft_queries
from drafts.document import Draft, ServiceChoice
from followups.queries.reminders import Event, ReminderLine, lines, timeline, was_reminded
from followups.queries.waiting import Waiting, waiting
from messaging import queries as messaging
from messaging.models import Message
from scheduler import availability
from scheduler import queries as appointments
from scheduler.availability import Diary, Interval

NEAREST_WITHIN_DAYS = 3

SlotState = Literal["none", "free", "taken", "closed", "passed", "gone"]


@dataclass(frozen=True, slots=True)
class CardLine:
    """A chosen service as it was called; `offered` is whether today's catalogue still has it."""

    name: str
    variant_name: str
    offered: bool


@dataclass(frozen=True, slots=True)
class SlotNow:
    """The chosen time as it stands: `none` was chosen, `free`, `taken` or `closed` (nobody who could do it works then), both with the
    nearest free time, `passed`, or its services are `gone`.
    """

    state: SlotState
    nearest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """Everything `_draft_card.html` shows. `member` is None for "Any team member"."""

    draft: Draft
    client: Client
    lines: tuple[CardLine, ...]
    member: TeamMember | None
    slot: SlotNow
    reminders: tuple[ReminderLine, ...]
    reminded: bool
    events: tuple[Event, ...]

    @property
    def can_remind(self) -> bool:
        """Off only when there is nothing on file to send to (S50)."""
        return bool(self.client.phone or self.client.email)


def incomplete(*, business: Business, now: datetime) -> tuple[Waiting, list[Card]]:
    """What waits, and its cards, newest first. Raises DraftsUnavailable."""
    found = waiting(business=business, now=now)
    return found, cards_of(business=business, drafts=found.drafts, now=now)


def cards_of(*, business: Business, drafts: Sequence[Draft], now: datetime) -> list[Card]:
    """Cards for these drafts of this business; one whose client is gone has none. About ten queries, however many cards."""
    if not drafts:
        return []
    clients = Client.objects.filter(business=business).in_bulk({draft.client_id for draft in drafts})
    catalogue = _Catalogue(business, [choice for draft in drafts for choice in draft.selection.services])
    team = _Team(business, drafts, now=now)
    messages = messaging.messages_of(business=business, draft_ids=[draft.id for draft in drafts])
    return [
        _card(draft, clients[draft.client_id], catalogue, team, messages.get(draft.id, []), now=now)
        for draft in drafts
        if draft.client_id in clients
    ]


def card_of(*, business: Business, draft_id: str, now: datetime) -> Card | None:
    """One card, whatever became of its draft; None when the draft or its client is gone. Raises DraftsUnavailable."""
    draft = draft_queries.get(business_id=business.pk, draft_id=draft_id, now=now)
    return next(iter(cards_of(business=business, drafts=[draft], now=now)), None) if draft else None


def _card(draft: Draft, client: Client, catalogue: "_Catalogue", team: "_Team", messages: list[Message], *, now: datetime) -> Card:
    return Card(
        draft=draft,
        client=client,
        lines=tuple(catalogue.line(choice) for choice in draft.selection.services),
        member=team.members.get(draft.selection.team_member_id or 0),
        slot=team.slot(draft, catalogue, now=now),
        reminders=tuple(lines(draft, messages, client)),
        reminded=was_reminded(messages),
        events=tuple(timeline(draft, messages)),
    )


class _Catalogue:
    """Names of variants and what is still offered, for many drafts at once. Two queries."""

    def __init__(self, business: Business, choices: Sequence[ServiceChoice]) -> None:
        services = Service.objects.filter(business=business).prefetch_related("variants")
        self._services = services.in_bulk({choice.service_id for choice in choices})
        self._variants: dict[int, Variant] = {
            variant.pk: variant for service in self._services.values() for variant in service.variants.all()
        }

    def line(self, choice: ServiceChoice) -> CardLine:
        variant = self._variants.get(choice.variant_id or 0)
        return CardLine(choice.name, variant.name if variant else "", offered=self.offers(choice))

    def offers(self, choice: ServiceChoice) -> bool:
        service = self._services.get(choice.service_id)
        return service is not None and appointments.is_offered(service, choice.variant_id)


class _Team:
    """Everyone's hours, skills and appointments around the chosen times. Three queries."""

    def __init__(self, business: Business, drafts: Sequence[Draft], *, now: datetime) -> None:
        self.members = {member.pk: member for member in TeamMember.objects.filter(business=business).prefetch_related("services")}
        self._skills = {pk: {service.pk for service in member.services.all()} for pk, member in self.members.items()}
        self._bookable = {pk: member for pk, member in self.members.items() if member.bookable and member.archived_at is None}
        starts = [start for draft in drafts if (start := draft.selection.start_at) and start > now]
        self._diary: Diary | None = None
        self._days: list[date] = []
        if starts:
            self._diary, self._days = self._read(business, starts, now=now)

    def _read(self, business: Business, starts: list[datetime], *, now: datetime) -> tuple[Diary, list[date]]:
        opens, closes = appointments.bookable_days(business, now=now)
        days = [start.astimezone(business.zone).date() for start in starts]
        first = max(opens, min(days) - timedelta(days=NEAREST_WITHIN_DAYS))
        last = max(*days, min(closes, max(days) + timedelta(days=NEAREST_WITHIN_DAYS)))
        diary = appointments.diary_of(business=business, members=list(self._bookable.values()), first=first, last=last)
        return diary, [first + timedelta(days=offset) for offset in range((last - first).days + 1)]

    def slot(self, draft: Draft, catalogue: _Catalogue, *, now: datetime) -> SlotNow:
        start = draft.selection.start_at
        if start is None:
            return SlotNow("none")
        if start <= now:
            return SlotNow("passed")
        offered = [choice for choice in draft.selection.services if catalogue.offers(choice)]
        if not offered or self._diary is None:
            return SlotNow("gone")
        minutes = sum(choice.duration_min for choice in offered)
        able = self._able(draft, {choice.service_id for choice in offered})
        if any(self._diary.is_free(pk, start=start, duration_min=minutes) for pk in able):
            return SlotNow("free")
        state: SlotState = "taken" if any(_works(self._diary, pk, start, minutes) for pk in able) else "closed"
        return SlotNow(state, nearest=self._nearest(self._diary, able, start, minutes, now=now))

    def _able(self, draft: Draft, services: set[int]) -> list[int]:
        wanted = draft.selection.team_member_id
        return [pk for pk in self._bookable if services <= self._skills[pk] and wanted in (None, pk)]

    def _nearest(self, diary: Diary, able: list[int], start: datetime, minutes: int, *, now: datetime) -> datetime | None:
        """The free time closest to the chosen one, within three days of it."""
        around = start.astimezone(diary.zone).date()
        latest = start + timedelta(days=NEAREST_WITHIN_DAYS)
        free = [
            moment
            for day in self._days
            if abs((day - around).days) <= NEAREST_WITHIN_DAYS
            for pk in able
            for moment in diary.starts(pk, day, duration_min=minutes, earliest=now, latest=latest)
        ]
        return min(free, key=lambda moment: (abs(moment - start), moment), default=None)


def _works(diary: Diary, pk: int, start: datetime, minutes: int) -> bool:
    """Whether this member is at work then, whoever may have booked the time."""
    day = start.astimezone(diary.zone).date()
    away = [Interval(row.start, row.end) for row in diary.busy(pk, day) if not row.is_appointment]
    return availability.is_free(work=diary.work(pk, day), busy=away, start=start, duration_min=minutes)
