"""How browser tests get to a page, and what they measure there."""

from datetime import datetime, timedelta
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from booking.wizard import Choice
from business.models import Client, ClientSession
from core import identifiers
from tests.world import NOW

AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}

# Every layout shift that no touch or key explains, in words: how much, what, and from where to where.
SHIFT = """
window.moved = [];
{
  const place = ({ x, y, width, height }) => [x, y, width, height].map((one) => Math.round(one * 100) / 100).join(" ");
  const name = (node) => (node?.outerHTML ?? node?.textContent ?? "something that is gone").slice(0, 120);
  const note = (entries) => entries.filter((entry) => !entry.hadRecentInput).forEach((entry) => {
    const moves = entry.sources.map((one) => `${name(one.node)} from ${place(one.previousRect)} to ${place(one.currentRect)}`);
    window.moved.push(`${entry.value} at ${Math.round(entry.startTime)} ms: ${moves.join("; ")}`);
  });
  const watch = new PerformanceObserver((list) => note(list.getEntries()));
  watch.observe({ type: "layout-shift", buffered: true });
  window.shifts = () => { note(watch.takeRecords()); return window.moved; };
}
"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def sign_in(context: BrowserContext, url: str, person: Client, *, now: datetime = NOW) -> None:
    """Put a signed-in device's cookie into the browser."""
    token = identifiers.new_token()
    ClientSession.objects.create(
        digest=identifiers.digest(token), client=person, business=person.business, created_at=now, expires_at=now + timedelta(days=30)
    )
    context.add_cookies([{"name": f"client-{person.business_id}", "value": token, "url": url}])


def address(url: str, step: str, choice: Choice, slug: str = "bella-hair") -> str:
    return f"{url}/b/{slug}/{step}/?{choice.to_query()}"


def reach_review(page: Page, url: str, choice: Choice) -> None:
    """Choose the time on Time and press Continue."""
    page.goto(address(url, "time", choice))
    press(page, "Continue")
    page.wait_for_url("**/review/**")


def press(page: Page, name: str) -> None:
    """The visible button of that name: in the bar on the phone, in the summary beside it on wide pages."""
    page.get_by_role("button", name=name).locator("visible=true").first.click()


def violations(page: Page) -> list[str]:
    """What axe finds on the whole page, style sheets and all, one line each."""
    page.wait_for_load_state()
    found: list[dict[str, Any]] = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def settle(page: Page) -> None:
    """Wait until everything is loaded and drawn."""
    page.wait_for_load_state("networkidle")
    page.evaluate(SETTLED)


def shifts(page: Page) -> list[str]:
    """What moved on the page by itself since it was opened, as the browser measures it. Needs SHIFT as an init script."""
    moved: list[str] = page.evaluate("window.shifts()")
    return moved


def overflow(page: Page) -> int:
    """How many pixels the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
