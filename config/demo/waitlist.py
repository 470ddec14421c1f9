"""The wishes on a salon's waitlist."""

from datetime import datetime, time, timedelta

from config.demo import menu
from config.demo.house import Salon
from scheduler.models import WaitlistEntry, WaitlistLine, WaitlistWindow


def write(salon: Salon, *, now: datetime) -> None:
    """Every wish of the salon's data, open."""
    today = now.astimezone(salon.business.zone).date()
    for wish in salon.spec.waitlist:
        entry = WaitlistEntry.objects.create(
            business=salon.business,
            client=salon.clients[wish.client],
            team_member=salon.members[wish.member] if wish.member else None,
            note=wish.note,
            source=WaitlistEntry.Source.ONLINE if wish.online else WaitlistEntry.Source.STAFF,
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
