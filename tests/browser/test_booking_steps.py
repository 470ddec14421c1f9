"""The steps in a browser: by thumb, by keyboard, without JavaScript, narrow and wide, and what they weigh."""

import gzip

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from business.models import Service, Variant
from scheduler.models import Appointment
from tests.browser.walk import SHIFT, address, overflow, press, reach_review, settle, shifts, sign_in, violations
from tests.visits import haircut
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
START = "/b/bella-hair/services/"


@pytest.fixture(autouse=True)
def _today(at, world: World, mongo) -> None:
    at(NOW)


def _many_services(world: World) -> None:
    for place in range(20):
        Service.objects.create(
            business=world.bella,
            category=world.cut.category,
            name=f"Extra service number {place} with a name that goes on for sixty letters",
            description="Consultation, wash and a head massage included. " * 3,
            duration_min=30,
            price_minor=123_400,
            position=place + 9,
        )


@pytest.mark.s("S07", "S11")
def test_signed_in_client_books_by_tapping(page: Page, live_server, world: World, complaints) -> None:
    sign_in(page.context, live_server.url, world.mia)
    page.goto(live_server.url + START)
    page.locator(".service-row", has_text="Hair cut").click()
    press(page, "Continue")
    expect(page.get_by_role("radio", name="Any team member")).to_be_checked()
    press(page, "Continue")
    page.locator(".time", has_text="10:00").first.click()
    press(page, "Continue")
    expect(page.get_by_role("timer")).to_be_visible()
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.get().client == world.mia
    assert complaints == []


def test_summary_follows_what_is_chosen(page: Page, live_server, world: World) -> None:
    page.goto(live_server.url + START)
    page.locator(".service-row", has_text="Hair cut").click()
    page.locator(".service-row", has_text="Colour").click()
    row = page.locator(".service-row", has_text="Colour")
    expect(row).to_contain_text("$110.00")
    page.locator(".variant", has_text="Long hair").click()
    shown = row.locator(".service-price > :visible, .service-time > :visible")
    expect(shown).to_have_text(["$160.00", "2 h"])
    row.click()
    expect(shown).to_have_text(["from $110.00", "from 1 h 15 min"])
    row.click()
    bar = page.locator(".bar")
    expect(bar).to_contain_text("$222.00")
    expect(bar).to_contain_text("2 services · 2 h 45 min")
    bar.locator("summary").click()
    expect(bar).to_contain_text("Long hair")
    press(page, "Continue")
    page.wait_for_url(lambda url: f"s={world.cut.pk}&s={world.colour.pk}.{world.colour_long.pk}" in url)


def test_search_narrows_the_list_while_typing(page: Page, live_server, world: World) -> None:
    _many_services(world)
    page.goto(live_server.url + START)
    page.locator(".service-row", has_text="Hair cut").click()
    page.get_by_role("searchbox").fill("ton")
    expect(page.locator(".service:visible")).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="matches")).to_have_text("1 service matches “ton”.")


def test_steps_are_walked_back_with_everything_kept(page: Page, live_server, world: World) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world, member=world.tom_member.pk))
    steps = page.get_by_role("navigation", name="Booking steps")
    steps.get_by_role("link", name="Team").click()
    expect(page.get_by_role("radio", name="Tom")).to_be_checked()
    steps.get_by_role("link", name="Services").click()
    expect(page.get_by_role("checkbox", name="Hair cut")).to_be_checked()
    press(page, "Continue")
    expect(page.locator(".time-input:checked")).to_have_value("2026-11-25T23:00Z")


def test_date_picked_leads_there_and_one_typed_waits_for_go(page: Page, live_server, world: World) -> None:
    page.goto(address(live_server.url, "time", haircut(world, start_at=None, flow=None)))
    field, go = page.get_by_label("Go to a date"), page.get_by_role("button", name="Go", exact=True)
    expect(go).to_be_hidden()
    field.fill("2026-11-26")
    expect(page.get_by_role("heading", name="Thursday 26 November 2026")).to_be_visible()
    page.wait_for_url(f"{live_server.url}/b/bella-hair/time/?s={world.cut.pk}&t=any&day=2026-11-26")  # loaded: its script listens
    field.focus()
    page.keyboard.press("ArrowUp")
    expect(go).to_be_visible()
    assert page.url.endswith("day=2026-11-26")
    typed = field.input_value()
    go.click()
    page.wait_for_url(f"**&day={typed}")
    assert typed != "2026-11-26"


@pytest.mark.s("D16")
def test_other_time_zone_is_named(browser: Browser, live_server, world: World) -> None:
    away = browser.new_context(timezone_id="America/New_York")
    page = away.new_page()
    page.goto(f"{live_server.url}/b/bella-hair/time/?s={world.cut.pk}&t=any")
    expect(page.locator(".slots-zone")).to_have_text("Times are in Sydney time (AEDT), not in yours (New York).")
    away.close()


def test_time_taken_while_the_page_was_away_is_crossed_out(page: Page, live_server, world: World) -> None:
    page.goto(f"{live_server.url}/b/bella-hair/time/?s={world.cut.pk}&t={world.maya.pk}&day=2026-11-26")
    ten = page.locator(".time-input[value='2026-11-25T23:00Z']")
    ten.check()
    Appointment.objects.create(
        business=world.bella,
        client=world.noa,
        team_member=world.maya,
        starts="2026-11-25T23:00Z",
        ends="2026-11-25T23:45Z",
        source="online",
        confirm_key="33333333-3333-4333-8333-333333333333",
        created_at=NOW,
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(ten).to_be_disabled()
    expect(ten).not_to_be_checked()


@pytest.mark.s("S12")
def test_everything_but_the_live_parts_works_without_javascript(browser: Browser, live_server, world: World) -> None:
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    sign_in(plain, live_server.url, world.mia)
    page = plain.new_page()
    page.goto(live_server.url + START)
    page.locator(".service-row", has_text="Colour").click()
    page.locator(".variant", has_text="Long hair").click()
    press(page, "Continue")
    page.get_by_label("Go to a date").fill("2026-12-03")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_role("heading", name="Thursday 3 December 2026")).to_be_visible()
    page.locator(".time", has_text="10:00").first.click()
    press(page, "Continue")
    expect(page.locator("#countdown")).to_contain_text("Finish booking in")
    page.get_by_label("Anything we should know?").fill("Side door")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.get().note == "Side door"
    plain.close()


def _every_page(page: Page, url: str, world: World) -> list[str]:
    """Each step and state by its address; Review with a countdown among them."""
    choice = haircut(world, services=((world.colour.pk, world.colour_long.pk),))
    return [
        url + START,
        f"{url}{START}?go=1",
        f"{url}{START}?q=zzz",
        address(url, "team", choice),
        address(url, "time", haircut(world)),
        f"{url}/b/bella-hair/time/?s={world.cut.pk}&t=any&day=2026-11-29",
        address(url, "review", choice),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_and_axe_finds_nothing(browser: Browser, live_server, world: World, width: int, scheme: str) -> None:
    _many_services(world)
    Variant.objects.create(
        service=world.colour, name="Very long or very thick hair, with a name of sixty letters", duration_min=200, price_minor=1_234_500
    )
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    sign_in(context, live_server.url, world.mia)
    page = context.new_page()
    found = []
    for url in _every_page(page, live_server.url, world):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        found += [f"{url} {line}" for line in violations(page)]
        if overflow(page):
            found.append(f"{url} scrolls sideways by {overflow(page)} px")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    found += [f"done {line}" for line in violations(page)]
    context.close()
    assert found == []


@pytest.mark.parametrize("colours", ["none", "active"])
def test_forced_colours_and_double_zoom_keep_everything_usable(browser: Browser, live_server, world: World, colours: str) -> None:
    # 200 % zoom of a 1280 px window is a viewport of 640 CSS pixels with twice the density.
    context = browser.new_context(viewport={"width": 640, "height": 400}, device_scale_factor=2, forced_colors=colours)
    sign_in(context, live_server.url, world.mia)
    page = context.new_page()
    for url in _every_page(page, live_server.url, world):
        page.goto(url)
        assert overflow(page) == 0
        assert page.locator("h1").count() == 1
    context.close()


def test_nothing_shifts_while_a_page_settles(browser: Browser, live_server, world: World) -> None:
    _many_services(world)
    for width in (390, 1280):
        context = browser.new_context(viewport={"width": width, "height": 800}, timezone_id="America/Los_Angeles")
        context.add_init_script(SHIFT)
        sign_in(context, live_server.url, world.mia)
        page = context.new_page()
        for url in _every_page(page, live_server.url, world):
            page.goto(url)
            settle(page)
            assert shifts(page) == [], url
        context.close()


def test_each_page_is_light_and_asks_no_other_host(browser: Browser, live_server, world: World) -> None:
    for place in range(7):
        context = browser.new_context()
        sign_in(context, live_server.url, world.mia)
        page = context.new_page()
        answers: list[Response] = []
        page.on("response", lambda answer, heard=answers: heard.append(answer))
        url = _every_page(page, live_server.url, world)[place]
        page.goto(url)
        page.wait_for_load_state("networkidle")
        # The test server sends plain bytes; production sends brotli, which is smaller than this gzip.
        weight = sum(len(gzip.compress(answer.body())) for answer in answers if answer.ok and answer.url.startswith("http"))
        assert all(answer.url.startswith((live_server.url, "data:")) for answer in answers)
        assert weight <= 60_000, f"{url}: {weight}"
        context.close()
