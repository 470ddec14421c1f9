"""The waitlist: join, change, leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from business.models import Business, Client, TeamMember
from scheduler.actions.booking import NotBookable
from scheduler.actions.changing import NotChangeable
from scheduler.models import Appointment, WaitlistEntry, WaitlistLine, WaitlistWindow
from scheduler.queries import Line


@dataclass(frozen=True, slots=True)
class Window:
    """When a waiting client could come: days of the business, both included, and optionally hours of those days."""

    first_day: date
    last_day: date
    from_time: time | None = None
    to_time: time | None = None


def join_waitlist(
    *,
    business: Business,
    client: Client,
    lines: Sequence[Line],
    windows: Sequence[Window],
    member: TeamMember | None,
    note: str,
    source: str,
    now: datetime,
) -> WaitlistEntry:
    """Put the client on the waitlist. Raises NotBookable without a service or a window, or for somebody of another business."""
    _check_waitlist(business, client, lines, windows, member)
    with transaction.atomic():
        entry = WaitlistEntry.objects.create(business=business, client=client, team_member=member, note=note, source=source, created_at=now)
        _write_wishes(entry, lines, windows)
    return entry


def update_waitlist(
    *, entry: WaitlistEntry, lines: Sequence[Line], windows: Sequence[Window], member: TeamMember | None, note: str, now: datetime
) -> WaitlistEntry:
    """Replace what an open entry asks for. Raises NotBookable like join_waitlist, and NotChangeable when it was closed meanwhile."""
    _check_waitlist(entry.business, entry.client, lines, windows, member)
    with transaction.atomic():
        row = lock_waitlist(entry=entry)
        row.team_member, row.note = member, note
        row.save(update_fields=["team_member", "note"])
        row.lines.all().delete()
        row.windows.all().delete()
        _write_wishes(row, lines, windows)
    return row


def close_waitlist(*, entry: WaitlistEntry, now: datetime, appointment: Appointment | None = None) -> None:
    """Take the entry off the waitlist: with `appointment` because it was fulfilled, without because nobody waits. Idempotent."""
    with transaction.atomic():
        row = _lock_entry(entry)
        if row.closed_at is None:
            row.closed_at, row.appointment = now, appointment
            row.save(update_fields=["closed_at", "appointment"])


def lock_waitlist(*, entry: WaitlistEntry) -> WaitlistEntry:
    """The open entry, locked until the caller's transaction ends. Raises NotChangeable when somebody was quicker and closed it."""
    row = _lock_entry(entry)
    if row.closed_at is not None:
        raise NotChangeable("This entry is no longer on the waitlist.")
    return row


def _check_waitlist(
    business: Business, client: Client, lines: Sequence[Line], windows: Sequence[Window], member: TeamMember | None
) -> None:
    if not lines:
        raise NotBookable("Choose at least one service.")
    if not windows:
        raise NotBookable("Say at least one day that would suit.")
    owners = {client.business_id, *(line.service.business_id for line in lines), *({member.business_id} if member else ())}
    if owners != {business.pk}:
        raise NotBookable("This belongs to another business.")
    if any(window.last_day < window.first_day for window in windows):
        raise NotBookable("The last day comes before the first day.")


def _lock_entry(entry: WaitlistEntry) -> WaitlistEntry:
    return WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)


def _write_wishes(entry: WaitlistEntry, lines: Sequence[Line], windows: Sequence[Window]) -> None:
    WaitlistLine.objects.bulk_create(
        WaitlistLine(entry=entry, service=line.service, variant=line.variant, position=position) for position, line in enumerate(lines)
    )
    WaitlistWindow.objects.bulk_create(
        WaitlistWindow(
            entry=entry, first_day=window.first_day, last_day=window.last_day, from_time=window.from_time, to_time=window.to_time
        )
        for window in windows
    )
