"""Services, Team and Time on the smallest phones: what a thumb must hit is 44 px, what belongs in one row stands in one."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.walk import address, overflow, sign_in
from tests.leaving import leave
from tests.visits import haircut
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = """() => [...document.querySelectorAll("a, button, summary, .input, .service-row, .variant, .person, .time")]
  .filter((one) => one.checkVisibility() && !one.closest("p, .visually-hidden"))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])
  .filter(([box]) => box.width < 44 || box.height < 44)
  .map(([box, html]) => `${html}: ${box.width} x ${box.height}`)"""


@pytest.fixture(params=[320, 390])
def page(request, browser: Browser, at, world: World):
    at(NOW)
    context = browser.new_context(viewport={"width": request.param, "height": 700}, locale="en-AU", timezone_id="Australia/Sydney")
    yield context.new_page()
    context.close()


def _edges(page: Page, selector: str, edge: str) -> list[float]:
    return [round(one) for one in page.locator(selector).evaluate_all(f"all => all.map((one) => one.getBoundingClientRect().{edge})")]


def test_everything_to_tap_is_44_px_and_rows_stay_rows(page: Page, live_server, world: World) -> None:
    choice = haircut(world, start_at=None, flow=None)
    for step in ("services", "team", "time"):
        page.goto(address(live_server.url, step, choice))
        assert page.evaluate(SMALL) == []
        assert overflow(page) == 0
        one_line = page.locator(".bar-what").evaluate("one => one.getBoundingClientRect().height < 25")
        assert one_line, f"the bar of {step} breaks its words"
    expect(page.locator(".week-date")).to_be_visible()
    middles = page.locator(".week-month, .week-step, .week-date").evaluate_all(
        "all => all.map((one) => { const box = one.getBoundingClientRect(); return Math.round((box.top + box.bottom) / 20); })"
    )
    assert len(set(middles)) == 1, f"the week's head breaks: {middles}"
    page.goto(address(live_server.url, "services", choice))
    prices, durations = (_edges(page, f".service-row .{name}", "right") for name in ("service-price", "service-time"))
    assert len({*prices, *durations}) == 1, "prices and durations do not end together"


def test_names_of_one_long_word_break_and_the_page_stays_as_wide_as_the_phone(page: Page, live_server, world: World, mongo) -> None:
    word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbau"
    world.cut.name = world.maya.first_name = world.mia.first_name = world.bella.name = word
    for named in (world.cut, world.maya, world.mia, world.bella):
        named.save()
    leave(world)
    choice = haircut(world)
    for step in ("services", "team", "time", "sign-in"):
        page.goto(address(live_server.url, step, choice))
        assert overflow(page) == 0, step
    sign_in(page.context, live_server.url, world.mia)
    for path in ("", "mine/", f"review/?{choice.to_query()}", f"waitlist/?{choice.to_query()}"):
        page.goto(f"{live_server.url}/b/bella-hair/{path}")
        assert overflow(page) == 0, path
