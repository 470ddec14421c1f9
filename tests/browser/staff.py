"""How browser tests work at the desk: signed in, with people who left, and the poll at their command."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client as Browser
from playwright.sync_api import BrowserContext, Page, expect

from business.models import Client
from scheduler.models import Appointment
from tests.leaving import leave
from tests.world import NOW, World

DESK = {"width": 1280, "height": 800}
QUIET = ".htmx-request, .htmx-settling, .htmx-added"


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    """Put a signed-in session's cookie into the browser."""
    browser = Browser()
    browser.force_login(user)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": browser.cookies[settings.SESSION_COOKIE_NAME].value, "url": url}])


def many_leave(world: World, number: int) -> list[str]:
    """`number` clients leave at Review one after another; their drafts' ids, the newest card first."""
    people = [
        Client(business=world.bella, phone=f"+6125550{1000 + one}", first_name=f"Guest{one}", last_name="Example", created_at=NOW)
        for one in range(number)
    ]
    made = Client.objects.bulk_create(people)
    return [leave(world, one, now=NOW + timedelta(milliseconds=place)).id for place, one in enumerate(made)][::-1]


def booked(world: World, starts: datetime) -> Appointment:
    """Maya has Noa for 45 minutes."""
    return Appointment.objects.create(
        business=world.bella,
        client=world.noa,
        team_member=world.maya,
        starts=starts,
        ends=starts + timedelta(minutes=45),
        source="staff",
        confirm_key=uuid4(),
        created_at=NOW,
    )


def poll(page: Page) -> None:
    """What happens every thirty seconds, and until the panel is another one. It listens once what came before has settled."""
    expect(page.locator(QUIET)).to_have_count(0)
    page.evaluate("document.getElementById('followups-panel').dataset.old = '1'")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('followups:poll'))")
    expect(page.locator("#followups-panel[data-old]")).to_have_count(0)
    expect(page.locator(QUIET)).to_have_count(0)
