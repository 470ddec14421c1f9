"""Reads for the front page, My bookings and the waitlist page, and the client's draft read softly."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db.models import Prefetch, QuerySet

from business.models import Business, Client, Service, TeamMember, Variant, WorkingHours
from drafts import queries as drafts
from drafts.document import Draft, DraftState, DraftsUnavailable
from scheduler.actions import Window
from scheduler.models import Appointment, WaitlistEntry

logger = logging.getLogger(__name__)

PREVIEW = 3
PAST = 20


class Door(StrEnum):
    """How the business stands at this moment."""

    OPEN = "open"
    BEFORE = "before"
    GAP = "gap"
    OVER = "over"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether somebody works now, on the business's wall clock, and until when (open) or from when on (all others).

    BEFORE the first hour of today, in a GAP between two, OVER after the last, CLOSED all day; `day` only when `at` is not today.
    `today`: from when until when somebody works today, in order.
    """

    door: Door
    at: time | None = None
    day: date | None = None
    today: tuple[tuple[time, time], ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as the front page lists it: the least it costs (minor units) and takes (minutes), `more` when variants differ."""

    service: Service
    price_minor: int
    duration_min: int
    more: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A category with its first few services, and how many more there are."""

    name: str
    offers: tuple[Offer, ...]
    rest: int


def hours_today(*, business: Business, now: datetime) -> Hours:
    """How the door stands now, from the hours of everybody who can be booked; a break is no closing. One query."""
    local = now.astimezone(business.zone)
    rows = WorkingHours.objects.filter(
        team_member__business=business, team_member__bookable=True, team_member__archived_at=None, is_break=False
    ).values_list("weekday", "starts", "ends")
    by_day: dict[int, list[tuple[time, time]]] = {}
    for weekday, starts, ends in rows.order_by("starts"):
        by_day.setdefault(weekday, []).append((starts, ends))
    if not by_day:
        return Hours(Door.UNKNOWN)
    today = tuple(_joined(by_day.get(local.weekday(), [])))
    for starts, ends in today:
        if local.time() < starts:
            return Hours(Door.BEFORE if starts == today[0][0] else Door.GAP, starts, today=today)
        if local.time() < ends:
            return Hours(Door.OPEN, ends, today=today)
    later = (local.date() + timedelta(days=offset) for offset in range(1, 8))
    day = next(day for day in later if day.weekday() in by_day)
    return Hours(Door.OVER if today else Door.CLOSED, by_day[day.weekday()][0][0], day, today)


def _joined(stretches: Iterable[tuple[time, time]]) -> list[tuple[time, time]]:
    """Stretches in order of their start, those that touch or overlap made one."""
    joined: list[tuple[time, time]] = []
    for starts, ends in stretches:
        if joined and starts <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((starts, ends))
    return joined


def menu(*, business: Business) -> list[Section]:
    """The catalogue by category, the first services of each. Two queries."""
    offered = Service.objects.filter(business=business, archived_at=None).select_related("category")
    variants = Prefetch("variants", Variant.objects.filter(archived_at=None), to_attr="offered")
    sections: dict[int, list[Service]] = {}
    for service in offered.prefetch_related(variants):
        sections.setdefault(service.category_id, []).append(service)
    return [
        Section(services[0].category.name, tuple(_offer(service) for service in services[:PREVIEW]), len(services[PREVIEW:]))
        for services in sections.values()
    ]


def _offer(service: Service) -> Offer:
    variants: Iterable[Variant] = getattr(service, "offered", [])
    priced = [(variant.price_minor, variant.duration_min) for variant in variants] or [(service.price_minor, service.duration_min)]
    return Offer(service, min(price for price, _ in priced), min(minutes for _, minutes in priced), more=len(priced) > 1)


def upcoming(*, business: Business, client: Client, now: datetime) -> list[Appointment]:
    """The client's booked appointments that are not over, the next one first."""
    return list(_visits(business, client).filter(status=Appointment.Status.BOOKED, ends__gt=now).order_by("starts"))


def cancelled(*, business: Business, client: Client, now: datetime) -> list[Appointment]:
    """The client's cancelled appointments whose time is still to come, the next one first."""
    return list(_visits(business, client).filter(status=Appointment.Status.CANCELLED, ends__gt=now).order_by("starts")[:PAST])


def past(*, business: Business, client: Client, now: datetime) -> list[Appointment]:
    """The client's last appointments that are over, and what was cancelled of that time, the latest first."""
    ahead = (Appointment.Status.BOOKED, Appointment.Status.CANCELLED)
    over = _visits(business, client).exclude(status__in=ahead, ends__gt=now)
    return list(over.order_by("-starts")[:PAST])


def visit(*, business: Business, client: Client, appointment_id: int) -> Appointment | None:
    """One appointment of this client; None for anybody else's."""
    return _visits(business, client).filter(pk=appointment_id).first()


def _visits(business: Business, client: Client) -> QuerySet[Appointment]:
    made = Appointment.objects.filter(business=business, client=client)
    return made.select_related("team_member").prefetch_related("lines", "lines__service", "lines__variant")


def waiting_entry(*, business: Business, client: Client, entry_id: int) -> WaitlistEntry | None:
    """One of this client's open waitlist entries with its windows and lines; None for anybody else's."""
    return _entries(business, client).filter(pk=entry_id).first()


def same_wish(
    *,
    business: Business,
    client: Client,
    services: Sequence[tuple[int, int | None]],
    member: TeamMember | None,
    window: Window,
    note: str,
) -> WaitlistEntry | None:
    """The client's open entry for exactly these services with this person in exactly this window, so that a second press does not ask twice.

    Another note makes it another wish, so that no word is lost; no note makes none.
    """
    wanted = (window.first_day, window.last_day, window.from_time, window.to_time)
    for entry in _entries(business, client).filter(team_member=member):
        windows = [(one.first_day, one.last_day, one.from_time, one.to_time) for one in entry.windows.all()]
        lines = [(line.service_id, line.variant_id) for line in entry.lines.all()]
        if windows == [wanted] and lines == list(services) and note in ("", entry.note):
            return entry
    return None


def _entries(business: Business, client: Client) -> QuerySet[WaitlistEntry]:
    waiting = WaitlistEntry.objects.filter(business=business, client=client, closed_at=None).order_by("-id")
    return waiting.select_related("team_member").prefetch_related("windows", "lines__service", "lines__variant")


def draft_of(*, business: Business, client: Client, now: datetime) -> Draft | None:
    """The client's draft in any state; None without one, and when MongoDB is away."""
    try:
        return drafts.for_client(business_id=business.pk, client_id=client.pk, now=now)
    except DraftsUnavailable:
        logger.warning("draft not read: drafts are away, business=%s", business.pk)
        return None


def holds(draft: Draft | None, start: datetime) -> bool:
    """Whether `draft` holds this start, so that the minimum notice is not asked again (D3, D4). A booked draft holds nothing any more.

    A draft only ever gets a start that was on offer when it was captured, or that it held before (actions.capture): an address typed by
    hand with a time inside the notice is neither.
    """
    return draft is not None and draft.status is not DraftState.CONVERTED and draft.selection.start_at == start
