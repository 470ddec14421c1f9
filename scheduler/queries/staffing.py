"""What staff are told before they book: who has that time, and why a client could not have booked it."""

from collections.abc import Sequence
from datetime import datetime

from business.models import Business, TeamMember
from scheduler import availability
from scheduler.availability import Interval
from scheduler.models import Appointment
from scheduler.queries.catalogue import Line
from scheduler.queries.times import NOT_TAKING_TIME, diary_of


def rival(
    *, business: Business, member: TeamMember, start: datetime, end: datetime, ignoring: Appointment | None = None
) -> Appointment | None:
    """The first appointment of `member` in the way. One query."""
    others = Appointment.objects.filter(business=business, team_member=member, starts__lt=end, ends__gt=start)
    others = others.exclude(status__in=NOT_TAKING_TIME)
    if ignoring:
        others = others.exclude(pk=ignoring.pk)
    return others.select_related("client").order_by("starts").first()


def unusual(*, business: Business, member: TeamMember, start: datetime, lines: Sequence[Line], now: datetime) -> list[str]:
    """Why a client could not book this, a sentence each; staff may go on. Empty when nothing is unusual."""
    found = ["This time has passed."] if start <= now else []
    missing = {line.service.pk for line in lines} - set(member.services.values_list("pk", flat=True))
    if missing:
        names = ", ".join(dict.fromkeys(line.name for line in lines if line.service.pk in missing))
        found.append(f"{member.first_name} does not usually do {names}.")
    day = start.astimezone(business.zone).date()
    diary = diary_of(business=business, members=[member], first=day, last=day)
    away = [Interval(row.start, row.end) for row in diary.busy(member.pk, day) if not row.is_appointment]
    minutes = sum(line.duration_min for line in lines)
    if not availability.is_free(work=diary.work(member.pk, day), busy=away, start=start, duration_min=minutes):
        found.append(f"{member.first_name} does not work then.")
    return found
