"""The whole story on real engines, with the web, the worker and the beat as they are shipped (issue: the main job, end to end).

Mia walks to Review & Book and leaves. The clock passes ten minutes. Staff see card, badge, dashboard card and one bell; the SMS is in the
outbox; its link, opened on another device, restores everything; Confirm; and everything that waited is gone.
"""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import QuerySet
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core import clock
from drafts import queries
from drafts.lifecycle import REVIEW_FOR
from messaging.models import Message, StaffNotice, State
from scheduler.models import Appointment
from tests import world as worlds
from tests.browser.conftest import listen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AT_ONCE = timedelta(minutes=1)  # from the end of the review to the reminder, ten minutes of which pass at one press
SOON = 20_000  # ms: the demo clock is read once a second, the sweep comes once a second
AT_LAST = 60  # seconds in which a slow machine, too, has swept and sent


@pytest.fixture
def site(shipped_world, stack, mongo):
    """Bella on the run's own engines, everything running."""
    return shipped_world, stack().start().url


@pytest.fixture
def device(browser: Browser, browser_context_args) -> Callable[..., BrowserContext]:
    """`device()`: a browser that knows nothing yet. Its console must stay silent."""
    heard: list[str] = []
    opened: list[BrowserContext] = []

    def fresh(**options: object) -> BrowserContext:
        context = browser.new_context(**{**browser_context_args, **options})
        context.set_default_timeout(SOON)
        context.on("page", lambda page: listen(page, heard))
        opened.append(context)
        return context

    yield fresh
    for context in opened:
        context.close()
    assert heard == []


def _day(world: worlds.World) -> str:
    day = clock.now().astimezone(world.bella.zone) + timedelta(days=3)
    return f"{day + timedelta(days=1) if day.weekday() == 6 else day:%Y-%m-%d}"


def _visible(page: Page, role: str, name: str):
    return page.get_by_role(role, name=re.compile(name)).locator("visible=true").first


def _walk_to_review(page: Page, url: str, world: worlds.World) -> str:
    """Services, Team, Time, phone and code to Review, with a note. Returns the time chosen."""
    page.goto(f"{url}/b/bella-hair/")
    _visible(page, "link", "^Book").click()
    page.get_by_role("checkbox", name=re.compile("Hair cut")).check()
    page.get_by_role("checkbox", name=re.compile("Toner")).check()
    _visible(page, "button", "Continue").click()
    page.get_by_role("radio", name=re.compile("Maya")).check()
    _visible(page, "button", "Continue").click()
    page.wait_for_url("**/time/**")  # loaded: its script listens
    with page.expect_navigation():
        page.get_by_label("Go to a date").fill(_day(world))  # a date picked leads there at once
    slot = page.locator("input[name=at]").first
    when = slot.get_attribute("data-when")
    slot.check(force=True)
    _visible(page, "button", "Continue").click()
    _sign_in(page, url, "0491 570 006")
    page.wait_for_url("**/review/**")
    page.get_by_label("Anything we should know?").fill("Allergic to ammonia")
    with page.expect_response(lambda response: "/review/" in response.url and response.request.method == "POST"):
        page.get_by_label("Anything we should know?").blur()
    return when


def _sign_in(page: Page, url: str, phone: str) -> None:
    page.get_by_label("Mobile number").fill(phone)
    page.get_by_role("button", name="Text me a code").click()
    page.get_by_role("heading", name="Enter your code").wait_for()
    outbox = page.context.new_page()
    outbox.goto(f"{url}/demo/outbox/")
    code = re.search(r"\b(\d{6}) is your", outbox.inner_text("main"))[1]
    outbox.close()
    page.get_by_label("Code").fill(code)  # six digits send themselves


def _staff(context: BrowserContext, url: str, name: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(worlds.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    return page


def _switch_on_sms(page: Page, url: str) -> None:
    page.goto(f"{url}/settings/messages/")
    page.get_by_role("link", name=re.compile("Incomplete booking reminder")).click()
    switches = page.get_by_role("switch")
    expect(switches).to_have_count(2)
    for switch in switches.all():
        expect(switch).not_to_be_checked()
    page.get_by_role("switch", name=re.compile("SMS")).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved.")


def _move_clock(page: Page, url: str) -> None:
    page.goto(f"{url}/demo/outbox/")
    with page.expect_navigation():
        page.get_by_role("button", name="+10 min").click()


def _deadline(page: Page) -> datetime:
    """The moment that the countdown on Review runs to."""
    return datetime.fromisoformat(page.locator("[data-deadline]").get_attribute("data-deadline"))


def _reminders() -> QuerySet[Message]:
    return Message.objects.filter(kind="incomplete_reminder")


def _until(page: Page, holds: Callable[[], bool]) -> None:
    """Reload until it holds, as a person at the desk would."""
    deadline = time.monotonic() + AT_LAST
    page.reload()
    while not holds():
        assert time.monotonic() < deadline, f"never came true: {page.url}"
        page.reload()


@pytest.mark.s("S20", "S23", "S24", "S25", "S26", "S28", "S29", "S30", "S32", "S33", "S57", "S58", "S62", "S69", "S70", "S71", "S72")
def test_a_booking_left_at_review_is_won_back(site, device) -> None:
    world, url = site
    desk = device(viewport={"width": 1280, "height": 900})
    olga = _staff(desk, url, "olga")
    _switch_on_sms(olga, url)

    phone = device()
    review = phone.new_page()
    when = _walk_to_review(review, url, world)
    deadline = _deadline(review)
    draft = queries.for_client(business_id=world.bella.pk, client_id=world.mia.pk, now=clock.now())
    assert deadline == draft.review_expires_at == draft.review_started_at + REVIEW_FOR
    phone.close()

    olga.goto(f"{url}/")
    expect(olga.get_by_text("incomplete booking")).to_have_count(0)
    assert StaffNotice.objects.count() == 0
    assert not _reminders().exists()

    outbox = desk.new_page()
    _move_clock(outbox, url)
    _until(outbox, lambda: "/r/" in outbox.inner_text("main") and _reminders().filter(state=State.SENT).exists())
    link = re.search(r"http://\S+/r/\S+", outbox.inner_text("main"))[0]

    _until(olga, lambda: olga.get_by_text("incomplete booking").count() == 1)
    assert StaffNotice.objects.count() == 1
    assert timedelta(0) <= _reminders().get().created_at - deadline < AT_ONCE
    expect(olga.locator("#bell")).to_have_accessible_name("Notifications, 1 unread")
    olga.get_by_role("link", name=re.compile("Review")).click()
    card = olga.get_by_role("article").filter(has_text="Mia Chen")
    for fact in ("Hair cut", "Toner", when, "with Maya", "Reminded"):
        expect(card).to_contain_text(fact)
    expect(olga.get_by_role("tab", name=re.compile("Incomplete"))).to_contain_text("1")

    tablet = device().new_page()
    tablet.goto(link)
    for fact in ("Hair cut", "Toner", "Maya", "Allergic to ammonia"):
        expect(tablet.locator("main")).to_contain_text(fact)
    tablet.get_by_role("button", name=re.compile("^Confirm")).locator("visible=true").first.click()
    expect(tablet.get_by_role("heading", name=re.compile("You're booked"))).to_be_visible()

    appointment = Appointment.objects.get()
    assert (appointment.client, appointment.team_member, appointment.note) == (world.mia, world.maya, "Allergic to ammonia")
    assert appointment.recovered == Appointment.Recovered.LINK
    assert _reminders().get().state == State.SENT
    olga.goto(f"{url}/")
    expect(olga.get_by_text("incomplete booking")).to_have_count(0)
    olga.goto(f"{url}/followups/?tab=incomplete")
    expect(olga.get_by_text("Mia Chen")).to_have_count(0)
    olga.goto(f"{url}/scheduler/?day={appointment.starts.astimezone(world.bella.zone):%Y-%m-%d}")
    expect(olga.get_by_role("link", name=re.compile("Mia Chen"))).to_be_visible()
