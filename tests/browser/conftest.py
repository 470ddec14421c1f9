"""Chromium for the browser tests: Debian's, or Playwright's own. None found: skipped loudly, in CI a failure."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's sync API runs a loop; Django would refuse the ORM beside it.
expect.set_options(timeout=20_000)  # ms: a slow machine may need more than the usual five seconds, and where all is well nobody waits

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def find_browser() -> str | None:
    """The path of a Chromium, None when there is none."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if named:
        return named
    own = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    return str(own[-1]) if own else None


BROWSER = find_browser()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in Path(item.fspath).parents:
            continue
        item.add_marker(pytest.mark.browser)
        if BROWSER is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="NO BROWSER FOUND: install Debian's chromium, or `playwright install chromium`"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    assert BROWSER is not None, "CI needs a browser: apt-get install chromium"
    return {"executable_path": BROWSER, "args": ARGS, "headless": True, "timeout": 120_000}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 390, "height": 844}, "locale": "en-AU", "timezone_id": "Australia/Sydney", "reduced_motion": "reduce"}


def listen(page: Page, heard: list[str]) -> None:
    """Note what the console of `page` says: errors, refusals by the CSP, uncaught exceptions."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            heard.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))


@pytest.fixture
def complaints(context: BrowserContext) -> list[str]:
    """What the console says. A test asserts that it stays empty."""
    heard: list[str] = []
    context.on("page", lambda page: listen(page, heard))
    return heard
