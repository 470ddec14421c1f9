"""The resume link in Chromium: scanners that run scripts change nothing, nothing leaves the house, one tap books (S70, D5, D6)."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from business.models import Channel, ClientSession
from messaging.render import preferences_token
from scheduler.models import Appointment
from tests.leaving import OVER
from tests.links import snapshot, unfinished
from tests.phones import last_code

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
EVERYTHING_A_SCANNER_TRIES = """
() => {
  for (const form of document.forms) {
    if (form.method === "get" || form.hasAttribute("data-auto-submit")) form.submit();
  }
  for (const link of document.links) {
    const hint = document.createElement("link");
    hint.rel = "prefetch";
    hint.href = link.href;
    document.head.append(hint);
  }
  for (const event of ["load", "pageshow", "visibilitychange", "mousemove", "scroll", "focus", "beforeunload", "pagehide"]) {
    window.dispatchEvent(new Event(event));
    document.dispatchEvent(new Event(event));
  }
}
"""


@pytest.fixture(autouse=True)
def moment(at, mongo, transactional_db):
    at(OVER + timedelta(minutes=5))


@pytest.mark.s("D5", "D6")
def test_scanner_that_runs_scripts_and_follows_links_changes_nothing(world, live_server, page, mongo, complaints):
    for channel in Channel:
        path, draft = unfinished(world, channel)
        before = snapshot(mongo)
        page.goto(live_server.url + path, wait_until="networkidle")
        page.evaluate(EVERYTHING_A_SCANNER_TRIES)
        page.wait_for_load_state("networkidle")
        page.reload(wait_until="networkidle")
        assert snapshot(mongo) == before, channel
        mongo.booking_drafts.delete_one({"_id": draft.id})
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"csrf"}
    assert complaints == []


@pytest.mark.s("D5")
def test_link_page_asks_no_other_host_and_never_names_itself(world, live_server, page):
    path, _ = unfinished(world)
    token = path.split("/")[2]
    asked = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright takes Python functions only
    page.goto(live_server.url + path, wait_until="networkidle")
    page.get_by_role("link", name="Bella Hair Co.", exact=True).click()
    page.wait_for_url("**/b/bella-hair/", wait_until="networkidle")
    assert {urlsplit(request.url).netloc for request in asked if not request.url.startswith("data:")} == {urlsplit(live_server.url).netloc}
    assert not [request.url for request in asked if token in request.headers.get("referer", "")]


@pytest.mark.s("S69", "S70", "S71")
def test_sms_link_in_a_fresh_browser_books_with_one_tap(world, live_server, page, complaints):
    path, _ = unfinished(world, notes="Ring twice")
    page.goto(live_server.url + path)
    assert page.get_by_text("Ring twice").is_visible()
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="You're booked").wait_for()
    assert Appointment.objects.get().client == world.mia
    assert not ClientSession.objects.exists()
    assert complaints == []


@pytest.mark.s("S70", "D5")
def test_email_link_in_a_fresh_browser_books_with_a_code_between_two_taps(world, live_server, page):
    path, _ = unfinished(world, Channel.EMAIL)
    page.goto(live_server.url + path)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="Enter your code").wait_for()
    page.get_by_role("textbox", name="Code").fill(last_code())
    page.wait_for_url("**" + path)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="You're booked").wait_for()
    assert Appointment.objects.get().recovered == "link"


@pytest.mark.s("S70")
def test_link_works_without_scripts(world, live_server, browser):
    path, _ = unfinished(world)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(live_server.url + path)
    page.get_by_role("button", name="Change something").click()
    page.get_by_role("heading", name="Review and book").wait_for()
    page.goto(live_server.url + path)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="You're booked").wait_for()
    context.close()


@pytest.mark.s("S63")
def test_preferences_of_a_message_are_saved_from_the_page_of_its_link(world, live_server, page, complaints):
    page.goto(f"{live_server.url}/m/{preferences_token(world.mia)}/")
    page.get_by_role("switch", name="SMS").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    world.mia.refresh_from_db()
    assert (world.mia.wants_sms, world.mia.wants_email) == (False, True)
    assert complaints == []


def test_every_state_of_the_link_is_accessible_and_fits(world, live_server, page, complaints, at):
    path, draft = unfinished(world, notes="Ring twice")
    states = {
        "open": lambda: None,
        "passed": lambda: at(draft.selection.start_at + timedelta(minutes=1)),
        "nothing left": lambda: world.bella.services.update(archived_at=OVER),
        "ended": lambda: at(OVER + timedelta(hours=25)),
    }
    for name, become in states.items():
        become()
        for width, height in ((320, 640), (390, 844), (1280, 900)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(live_server.url + path)
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{name} at {width}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width} scrolls sideways"
    assert [complaint for complaint in complaints if "410" not in complaint] == []
