"""Sign-in, front page, My bookings and waitlist in Chromium: keyboard, autofill, no scripts, axe at three widths."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from tests.browser.walk import SHIFT, shifts
from tests.links import unfinished
from tests.phones import NEW, last_code, wrong

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDTHS = ((320, 640), (390, 844), (1280, 900))


@pytest.fixture(autouse=True)
def moment(at, now, mongo, transactional_db):
    at(now)


@pytest.fixture
def look(page):
    """`look("state")`: axe finds nothing and nothing scrolls sideways, at three widths, in light and dark."""

    def check(state: str) -> None:
        page.wait_for_load_state()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                found = Axe().run(page, options=RULES)
                assert found.violations_count == 0, f"{state}, {scheme} at {width}: {found.generate_report()}"
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} at {width} scrolls sideways"

    return check


@pytest.mark.s("D13")
def test_new_client_signs_in_and_every_page_is_accessible(world, live_server, page, look, complaints):
    at_time = f"?s={world.cut.pk}&t=any&at=2026-11-25T23:30Z"
    page.goto(f"{live_server.url}/b/bella-hair/")
    look("front")
    page.goto(f"{live_server.url}/b/bella-hair/sign-in/{at_time}")
    page.get_by_text("Change", exact=True).click()
    look("number")
    page.get_by_label("Mobile number").fill("12")
    page.get_by_role("button", name="Text me a code").click()
    page.get_by_role("alert").wait_for()
    look("number refused")
    page.get_by_label("Mobile number").fill(NEW)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter your code").wait_for()
    expect(page.get_by_text("You can ask for a new code in 0:")).to_be_visible()
    expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    look("code")
    page.keyboard.type(wrong(last_code()))
    page.get_by_text("4 tries left").wait_for()
    look("code wrong")
    with page.expect_request("**/code/**") as again:
        page.reload()
    assert again.value.method == "GET"
    page.get_by_role("textbox", name="Code").fill(last_code())
    page.get_by_role("heading", name="Nice to meet you").wait_for()
    look("name")
    page.get_by_label("First name").fill("Ava")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Review and book").wait_for()
    for path in ("mine/", "waitlist/" + at_time, ""):
        page.goto(f"{live_server.url}/b/bella-hair/{path}")
        look(path or "front, signed in")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Review and book").wait_for()
    assert [complaint for complaint in complaints if "422" not in complaint] == []


def test_code_filled_in_before_the_script_arrives_is_sent(world, live_server, page):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/code*.js", hold)
    page.goto(f"{live_server.url}/b/bella-hair/sign-in/?next=mine")
    page.get_by_label("Mobile number").fill("0491 570 006")
    with page.expect_request("**/js/code*.js"):
        page.get_by_role("button", name="Text me a code").click(no_wait_after=True)
    page.get_by_role("heading", name="Enter your code").wait_for()
    page.get_by_role("textbox", name="Code").fill(last_code())
    held[0].continue_()
    page.get_by_role("heading", name="My bookings").wait_for()


def test_sign_in_works_without_scripts(world, live_server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/b/bella-hair/sign-in/?next=mine")
    page.get_by_label("Mobile number").fill("0491 570 006")
    page.get_by_role("button", name="Text me a code").click()
    page.get_by_role("button", name="Send a new code").click()
    expect(page.get_by_text("Try again in")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(last_code())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="My bookings").wait_for()
    context.close()


def test_code_page_does_not_shift_while_it_counts(world, live_server, page):
    page.add_init_script(SHIFT)
    page.goto(f"{live_server.url}/b/bella-hair/sign-in/")
    page.get_by_label("Mobile number").fill("0491 570 006")
    page.get_by_role("button", name="Text me a code").click()
    wait = page.locator("[data-resend-wait]")
    wait.get_by_text("You can ask for a new code in").wait_for()
    shown = wait.text_content()
    expect(wait).not_to_have_text(shown)
    assert shifts(page) == []


def test_somebody_elses_link_and_booked_link_are_accessible(world, live_server, page, look):
    path, _ = unfinished(world)
    page.goto(live_server.url + path)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="You're booked").wait_for()
    page.goto(live_server.url + path)
    look("booked")
    page.goto(f"{live_server.url}/b/bella-hair/sign-in/?next=mine")
    page.get_by_label("Mobile number").fill("0491 570 156")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter your code").wait_for()
    page.get_by_role("textbox", name="Code").fill(last_code())
    page.get_by_role("heading", name="My bookings").wait_for()
    page.goto(live_server.url + path)
    page.get_by_role("heading", name="This link belongs to someone else").wait_for()
    look("somebody else's")
