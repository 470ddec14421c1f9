"""Every page of the client, in every state: light, still, silent, accessible, narrow and wide, and how many taps a booking takes."""

import gzip

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from business.models import Channel
from scheduler.models import Appointment
from tests.browser.conftest import listen
from tests.browser.states import STATES, STATUS, Stage
from tests.browser.walk import SETTLED, SHIFT, overflow, press, shifts, sign_in, violations
from tests.leaving import OVER
from tests.links import unfinished
from tests.phones import NEW, last_code
from tests.visits import forget_limits, haircut
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
LIGHT = 60_000
MOVING = "document.getAnimations().filter((one) => one.playState === 'running').map((one) => one.animationName || one.transitionProperty)"
BESIDE = """() => {
  const [name, main] = [".masthead-name", "main"].map((one) => document.querySelector(one));
  return name.checkVisibility() ? name.getBoundingClientRect().left - main.getBoundingClientRect().left : 0;
}"""
COUNT_TAPS = """
addEventListener("pointerdown", () => sessionStorage.setItem("taps", Number(sessionStorage.getItem("taps")) + 1), true);
"""


@pytest.fixture(autouse=True)
def _today(at, world: World, mongo) -> None:
    forget_limits()
    at(NOW)


@pytest.fixture
def heard(page: Page) -> list[str]:
    """What the console of the page says."""
    said: list[str] = []
    listen(page, said)
    return said


@pytest.fixture
def stage(page: Page, live_server, world: World, at) -> Stage:
    page.add_init_script(SHIFT)
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    return Stage(page, live_server.url, world, at)


def _weight(page: Page, answer: Response) -> int:
    """What a page loads beside itself, fetched again: the browser forgets the bodies of a form's answer."""
    return 0 if answer.request.resource_type == "document" else len(gzip.compress(page.request.get(answer.url).body()))


@pytest.mark.parametrize("state", STATES)
def test_page_is_light_still_and_silent(stage: Stage, heard: list[str], state: str) -> None:
    page, answers = stage.page, list[Response]()
    act = STATES[state](stage)
    heard.clear()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright takes Python functions only
    stage.play(act)
    documents = [answer.status for answer in answers if answer.request.resource_type == "document" and answer.status not in {302, 303}]
    assert documents == [STATUS.get(state, 200)]
    # The test server sends plain bytes; production sends brotli, which is smaller than this gzip.
    full = [answer for answer in answers if answer.status not in {204, 302, 303} and answer.url.startswith("http")]
    weight = len(gzip.compress(page.content().encode())) + sum(_weight(page, answer) for answer in full)
    assert weight <= LIGHT, f"{state}: {weight} bytes"
    assert {answer.url.startswith(stage.url) for answer in full} == {True}
    assert shifts(page) == []
    assert page.evaluate(MOVING) == []
    assert [line for line in heard if f"status of {STATUS.get(state)}" not in line] == []
    page.set_viewport_size({"width": 195, "height": 422})  # a phone of 390 px at 200 %
    page.evaluate(SETTLED)
    assert overflow(page) == 0
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate(SETTLED)
    assert page.evaluate(BESIDE) == 0, "the salon's name does not stand above the left edge of the page"


@pytest.mark.parametrize(
    "state",
    ["review, red", "review, 0:00", "conflict", "too many", "resume", "resume, taken", "resume, passed", "resume, somebody else's", "gone"],
)
def test_axe_finds_nothing_at_any_width_in_light_and_dark(stage: Stage, state: str) -> None:
    page, found = stage.page, []
    stage.play(STATES[state](stage))
    if state == "review, 0:00":
        expect(page.get_by_role("dialog")).to_be_visible()
    if state == "review, red":
        expect(page.locator("#countdown.is-late")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(SETTLED)
            found += [f"{scheme} {width} {line}" for line in violations(page)]
            found += [f"{scheme} {width} scrolls sideways"] if overflow(page) else []
    assert found == []


def _taps(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('taps'))"))


@pytest.mark.s("S11", "D13")
def test_new_client_books_from_the_front_page_in_eight_taps(page: Page, live_server, world: World, complaints) -> None:
    page.add_init_script(COUNT_TAPS)
    page.goto(f"{live_server.url}/b/bella-hair/")
    page.get_by_role("link", name="Book", exact=True).locator("visible=true").first.click()
    page.locator(".service-row", has_text="Hair cut").click()
    press(page, "Continue")
    page.wait_for_url("**/team/**")
    press(page, "Continue")
    page.wait_for_url("**/time/**")
    page.locator(".time", has_text="10:00").first.click()
    press(page, "Continue")
    expect(page.get_by_label("Mobile number")).to_be_focused()
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    page.keyboard.type(last_code())
    expect(page.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Ava")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/review/**")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.get().client.first_name == "Ava"
    assert _taps(page) <= 8
    assert complaints == []


@pytest.mark.s("S70")
@pytest.mark.parametrize(("channel", "same_device"), [(Channel.SMS, True), (Channel.EMAIL, True), (Channel.SMS, False)])
def test_link_books_in_one_tap(stage: Stage, channel: str, same_device: bool) -> None:
    page, world = stage.page, stage.world
    path, _ = unfinished(world, channel)
    stage.at(OVER)
    page.add_init_script(COUNT_TAPS)
    if same_device:
        stage.mia()
    page.goto(stage.url + path)
    page.get_by_role("button", name="Confirm booking").locator("visible=true").first.click()
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.get().client == world.mia
    assert _taps(page) == 1


def _tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the element of that name has the focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).locator("visible=true").first
    wanted.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            outline = wanted.evaluate(
                "one => [one, one.nextElementSibling, one.closest('label')].filter(Boolean).map(two => getComputedStyle(two).outlineStyle)"
            )
            assert set(outline) != {"none"}, f"{name} has the focus and does not show it"
            return
    pytest.fail(f"Tab never reaches {name}")


@pytest.mark.s("S11")
def test_keyboard_alone_books_by_tab(page: Page, live_server, world: World) -> None:
    sign_in(page.context, live_server.url, world.mia)
    page.goto(f"{live_server.url}/b/bella-hair/services/")
    _tab_to(page, "Hair cut", "checkbox")
    page.keyboard.press("Space")
    _tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/team/**")
    _tab_to(page, "Any team member", "radio")
    _tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/time/**")
    _tab_to(page, "10:00", "radio")
    page.keyboard.press("Space")
    _tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/**")
    _tab_to(page, "Confirm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()


LOOKS = (
    "one => { const s = getComputedStyle(one); return [s.backgroundColor, s.borderColor, s.borderWidth, s.color, s.outlineStyle].join(); }"
)


def test_forced_colours_keep_choice_focus_and_countdown_visible(browser: Browser, live_server, world: World) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, forced_colors="active")
    sign_in(context, live_server.url, world.mia)
    page = context.new_page()
    page.goto(f"{live_server.url}/b/bella-hair/time/?{haircut(world).to_query()}")
    chosen, other = (page.locator(f".time:{rule}").first for rule in ("has(input:checked)", "not(:has(input:checked))"))
    looks = [[part.evaluate(LOOKS) for part in (label, label.locator("> *").last)] for label in (chosen, other)]
    assert looks[0] != looks[1], "the chosen time looks like any other"
    press(page, "Continue")
    page.wait_for_url("**/review/**")
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "[getComputedStyle(document.activeElement).outlineStyle, getComputedStyle(document.activeElement).outlineWidth]"
    )
    assert focused[0] != "none"
    assert focused[1] != "0px"
    countdown = page.locator("#countdown")
    expect(countdown).to_be_visible()
    style = countdown.evaluate("one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.forcedColorAdjust]; }")
    assert style[0] != style[1]
    line = page.locator(".countdown-line")
    assert line.bounding_box()["height"] > 0
    assert line.evaluate("one => getComputedStyle(one).visibility") == "visible"
    context.close()
