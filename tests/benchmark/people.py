"""The salon the benchmark measures in: members who work every day, a menu, and any number of clients with sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from business.models import Business, Category, Channel, Client, ClientSession, Service, TeamMember, WorkingHours
from core import clock, identifiers
from messaging.models import AutomatedMessage, Kind

MEMBERS = 8
HOURS = (time(9), time(17))


@dataclass(frozen=True, slots=True)
class Salon:
    business: Business
    members: Sequence[TeamMember]
    cut: Service
    tiny: Service

    def day(self, ahead: int) -> date:
        """That many days from today, as the salon counts them."""
        return clock.now().astimezone(self.business.zone).date() + timedelta(days=ahead)

    def opening(self, ahead: int) -> datetime:
        """When that day's work begins, in UTC."""
        return datetime.combine(self.day(ahead), HOURS[0], self.business.zone).astimezone(UTC)


def build() -> Salon:
    """A salon with its reminder by e-mail switched on, and quiet hours now: reminders are decided and queued, and wait.

    So a burst does what speed.md calls real work, and no more: incomplete, one bell, one reminder row.
    """
    now = clock.now()
    business = Business.objects.create(
        name="Bench Hair", slug="bench", timezone="Australia/Sydney", horizon_days=365, quiet_from=_hour(now, -1), quiet_until=_hour(now, 3)
    )
    category = Category.objects.create(business=business, name="Hair")
    cut = Service.objects.create(business=business, category=category, name="Hair cut", duration_min=45, price_minor=6200)
    tiny = Service.objects.create(business=business, category=category, name="Fringe trim", duration_min=5, price_minor=500)
    members = TeamMember.objects.bulk_create(TeamMember(business=business, first_name=f"Member {n}") for n in range(MEMBERS))
    for member in members:
        member.services.set([cut, tiny])
    WorkingHours.objects.bulk_create(
        WorkingHours(team_member=member, weekday=weekday, starts=HOURS[0], ends=HOURS[1]) for member in members for weekday in range(7)
    )
    AutomatedMessage.objects.create(
        business=business,
        kind=Kind.INCOMPLETE_REMINDER,
        channel=Channel.EMAIL,
        enabled=True,
        enabled_at=now - timedelta(days=1),
        updated_at=now,
    )
    return Salon(business, members, cut, tiny)


def clients(salon: Salon, number: int) -> list[Client]:
    """That many clients with an e-mail address and no phone on file that could be texted."""
    now = clock.now()
    return Client.objects.bulk_create(
        [
            Client(
                business=salon.business,
                phone_verified_at=now,
                first_name="Client",
                email=f"{identifiers.new_token()}@example.com",
                created_at=now,
            )
            for _ in range(number)
        ],
        batch_size=2000,
    )


def sign_in(people: Sequence[Client]) -> list[str]:
    """A session for each; the tokens of their cookies."""
    now = clock.now()
    tokens = [identifiers.new_token() for _ in people]
    ClientSession.objects.bulk_create(
        ClientSession(
            digest=identifiers.digest(token),
            client=client,
            business_id=client.business_id,
            created_at=now,
            expires_at=now + timedelta(hours=2),
        )
        for token, client in zip(tokens, people, strict=True)
    )
    return tokens


def _hour(now: datetime, later: int) -> time:
    zone = Business(timezone="Australia/Sydney").zone
    return (now + timedelta(hours=later)).astimezone(zone).time().replace(second=0, microsecond=0)
