"""How tests walk as a client: a device that is signed in, and addresses with a choice in them."""

import html
from datetime import UTC, datetime, timedelta
from uuid import UUID

import redis
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser

from booking.wizard import Choice
from business.models import Client, ClientSession, TeamMember
from core import identifiers
from scheduler.models import Appointment
from tests.world import NOW, World

FLOW = UUID("11111111-1111-4111-8111-111111111111")
OTHER_FLOW = UUID("22222222-2222-4222-8222-222222222222")
# Thursday 26 November 2026, 10:00 in Sydney.
TEN = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)


def forget_limits() -> None:
    """Ids start again in every test database, and the counters in Redis outlive it for a minute."""
    server = redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter("limits:*", count=1000):
        server.delete(key)
    server.close()


def words_of(response: HttpResponse) -> str:
    """The page's HTML with its entities as people read them: "You're booked"."""
    return html.unescape(response.content.decode())


def sign_in(browser: Browser, person: Client, *, draft_id: str = "") -> ClientSession:
    """Put a signed-in device's cookie into `browser`, as the sign-in page does."""
    forget_limits()
    token = identifiers.new_token()
    browser.cookies[f"client-{person.business_id}"] = token
    return ClientSession.objects.create(
        digest=identifiers.digest(token),
        client=person,
        business=person.business,
        draft_id=draft_id,
        created_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )


def haircut(world: World, **changes: object) -> Choice:
    """A hair cut with anybody on Thursday at 10:00."""
    chosen: dict[str, object] = {"services": ((world.cut.pk, None),), "member_chosen": True, "start_at": TEN, "flow": FLOW}
    return Choice(**(chosen | changes))  # type: ignore[arg-type]


def take(world: World, member: TeamMember, start: datetime = TEN, minutes: int = 45, client: Client | None = None) -> Appointment:
    """`client` (Noa) has this time of `member`; without services, which nobody asks who looks for free times."""
    return Appointment.objects.create(
        business=world.bella,
        client=client or world.noa,
        team_member=member,
        starts=start,
        ends=start + timedelta(minutes=minutes),
        source=Appointment.Source.ONLINE,
        confirm_key=identifiers.new_uuid(),
        created_at=NOW,
    )


def form(choice: Choice, **fields: str) -> dict[str, object]:
    """The fields of a form with this choice in it."""
    data: dict[str, object] = {}
    for name, value in choice.pairs():
        data.setdefault(name, [])
        data[name].append(value)  # type: ignore[attr-defined]
    return data | fields


def arrive(browser: Browser, choice: Choice, slug: str = "bella-hair"):
    """Press Continue on Time."""
    return browser.post(f"/b/{slug}/review/", form(choice))


def close(one: datetime, other: datetime) -> bool:
    """The same moment but for the milliseconds that a request takes."""
    return abs(one - other) < timedelta(seconds=1)
