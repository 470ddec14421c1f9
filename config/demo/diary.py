"""Who works when, and what of it is still free: enough of a calendar to fill the demo's days."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from config.demo.house import Salon
from config.demo.shapes import MemberSpec, SalonSpec
from scheduler.models import Appointment, TimeOff

Stretch = tuple[datetime, datetime]


class Diary:
    """The working time of a salon's team less time off and what is booked. Moments in UTC, members by first name."""

    def __init__(self, salon: Salon, *, busy: Iterable[tuple[str, datetime, datetime]]) -> None:
        self._salon = salon
        self._team = {member.first_name: member for member in salon.spec.team}
        self._busy: dict[str, list[Stretch]] = defaultdict(list)
        for member, starts, ends in busy:
            self._busy[member].append((starts, ends))

    def stretches(self, member: str, day: date) -> list[Stretch]:
        """What is free of this person's day, in order."""
        free = [_local(self._salon, day, starts, ends) for starts, ends in _shift(self._team[member], day)]
        for taken in sorted(self._busy[member]):
            free = [part for stretch in free for part in _without(stretch, taken)]
        return free

    def first_free(self, member: str, day: date, hour: int, minutes: int) -> datetime:
        """The first start at or after `hour` o'clock of `day` or of a later day on which `minutes` fit."""
        length = timedelta(minutes=minutes)
        for later in range(60):
            the_day = day + timedelta(days=later)
            not_before, _ = _local(self._salon, the_day, time(hour), time(23, 59))
            for starts, ends in self.stretches(member, the_day):
                start = max(starts, not_before)
                if start + length <= ends:
                    return start
        raise LookupError(f"{member} has no free time for {minutes} minutes")

    def take(self, member: str, start: datetime, minutes: int) -> None:
        """Nobody else gets this time."""
        self._busy[member].append((start, start + timedelta(minutes=minutes)))


def with_team(salon: Salon) -> Diary:
    """The diary of a salon as the database has it: time off and every appointment that holds its time."""
    names = {member.pk: name for name, member in salon.members.items()}
    off = TimeOff.objects.filter(team_member__business=salon.business).values_list("team_member_id", "starts", "ends")
    booked = (
        Appointment.objects.filter(business=salon.business)
        .exclude(status__in=[Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW])
        .values_list("team_member_id", "starts", "ends")
    )
    return Diary(salon, busy=[(names[member], starts, ends) for member, starts, ends in [*off, *booked] if member in names])


def write_time_off(salon: Salon, *, today: date) -> None:
    """The team's holidays and errands, counted from `today`."""
    TimeOff.objects.bulk_create(_time_off(salon, salon.spec, today))


def _time_off(salon: Salon, spec: SalonSpec, today: date) -> Iterable[TimeOff]:
    for absence in spec.time_off:
        first = today + timedelta(days=absence.days_ahead)
        if absence.between:
            starts, ends = _local(salon, first, *(time.fromisoformat(moment) for moment in absence.between))
        else:
            starts, _ = _local(salon, first, time(0), time(0))
            ends, _ = _local(salon, first + timedelta(days=absence.days), time(0), time(0))
        yield TimeOff(team_member=salon.members[absence.member], starts=starts, ends=ends, reason=absence.reason)


def _shift(member: MemberSpec, day: date) -> list[tuple[time, time]]:
    shift = member.hours.get(day.weekday())
    if shift is None:
        return []
    starts, ends = time.fromisoformat(shift.starts), time.fromisoformat(shift.ends)
    if shift.pause is None:
        return [(starts, ends)]
    pause_starts, pause_ends = (time.fromisoformat(moment) for moment in shift.pause)
    return [(starts, pause_starts), (pause_ends, ends)]


def _local(salon: Salon, day: date, starts: time, ends: time) -> Stretch:
    zone = salon.business.zone
    return (
        datetime.combine(day, starts, zone).astimezone(UTC),
        datetime.combine(day, ends, zone).astimezone(UTC),
    )


def _without(stretch: Stretch, taken: Stretch) -> list[Stretch]:
    """`stretch` with `taken` cut out: none, one or two parts."""
    starts, ends = stretch
    if taken[1] <= starts or ends <= taken[0]:
        return [stretch]
    return [part for part in ((starts, taken[0]), (taken[1], ends)) if part[0] < part[1]]
