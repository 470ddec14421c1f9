"""The wishes on a salon's waitlist."""

from datetime import datetime, time, timedelta

from config.demo import menu
from config.demo.house import Salon
from config.demo.shapes import WaitSpec
from scheduler.models import WaitlistEntry, WaitlistLine, WaitlistWindow


def write(salon: Salon, *, now: datetime) -> None:
    """Every wish of the salon's data, open."""
    for wish in salon.spec.waitlist:
        _write(salon, wish, now)


def renew(salon: Salon, *, now: datetime) -> int:
    """Ask again for every wish whose days are over; returns for how many. An entry that a person changed or closed stays as it is."""
    today = now.astimezone(salon.business.zone).date()
    over = []
    for wish in salon.spec.waitlist:
        asked = WaitlistEntry.objects.filter(business=salon.business, client=salon.clients[wish.client])
        if not asked.filter(windows__last_day__gte=today).exists():
            asked.filter(closed_at=None, note=wish.note, source=_source(wish)).delete()
            over.append(wish)
    for wish in over:
        _write(salon, wish, now)
    return len(over)


def _write(salon: Salon, wish: WaitSpec, now: datetime) -> None:
    today = now.astimezone(salon.business.zone).date()
    entry = WaitlistEntry.objects.create(
        business=salon.business,
        client=salon.clients[wish.client],
        team_member=salon.members[wish.member] if wish.member else None,
        note=wish.note,
        source=_source(wish),
        created_at=now - timedelta(hours=wish.asked_hours_ago),
    )
    WaitlistLine.objects.bulk_create(
        WaitlistLine(entry=entry, service=pick.service, variant=pick.variant, position=position)
        for position, pick in enumerate(menu.pick(salon, wish.services))
    )
    WaitlistWindow.objects.bulk_create(
        WaitlistWindow(
            entry=entry,
            first_day=today + timedelta(days=first),
            last_day=today + timedelta(days=last),
            from_time=time.fromisoformat(begins) if begins else None,
            to_time=time.fromisoformat(ends) if ends else None,
        )
        for first, last, begins, ends in wish.windows
    )


def _source(wish: WaitSpec) -> WaitlistEntry.Source:
    return WaitlistEntry.Source.ONLINE if wish.online else WaitlistEntry.Source.STAFF
