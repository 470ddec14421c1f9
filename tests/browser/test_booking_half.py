"""A page that arrives in two halves, as on a train: nothing is painted until it is whole, so nothing moves when the rest arrives."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import requests
from playwright.sync_api import Page

from tests.browser.walk import SHIFT, settle, shifts, sign_in
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
CUT = b'class="account-button">'
PAINTS = "() => performance.getEntriesByType('paint').map((one) => one.name)"
# Functions all, because the page lets no text become a program when it is asked again.
HALF_IS_THERE = "() => document.querySelector('.account-button') && document.styleSheets.length >= 4"
# A time in which a browser that wants to paint does so many times over.
A_WHILE = "() => new Promise((done) => setTimeout(done, 500))"


class _Slow(ThreadingHTTPServer):
    """Hands on what `behind` answers; of a page only the beginning until `rest` is set."""

    behind: str
    rest: Event


class _Handler(BaseHTTPRequestHandler):
    server: _Slow

    def do_GET(self) -> None:
        answer = requests.get(self.server.behind + self.path, headers={"Cookie": self.headers.get("Cookie", "")}, timeout=30)
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Content-Security-Policy"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        head, cut, tail = answer.content.partition(CUT)
        self.wfile.write(head + cut)
        if cut:
            self.wfile.flush()
            self.server.rest.wait(30)
            self.wfile.write(tail)

    def log_message(self, *_: object) -> None:
        """Tests say nothing."""


@pytest.fixture
def slow(live_server) -> Iterator[_Slow]:
    server = _Slow(("localhost", 0), _Handler)
    server.behind, server.rest = live_server.url, Event()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.rest.set()
    server.shutdown()
    server.server_close()


def test_page_is_painted_once_it_is_whole_and_nothing_moves(page: Page, slow: _Slow, world: World, at, mongo) -> None:
    at(NOW)
    url = f"http://localhost:{slow.server_port}"
    sign_in(page.context, url, world.mia)
    page.add_init_script(SHIFT)
    page.goto(f"{url}/b/bella-hair/services/", wait_until="commit")
    page.wait_for_function(HALF_IS_THERE, polling=20)  # ms: no frame comes by which to look
    page.evaluate(A_WHILE)
    assert page.evaluate(PAINTS) == []
    slow.rest.set()
    settle(page)
    page.wait_for_function(f"() => ({PAINTS})().includes('first-paint')")
    assert shifts(page) == []
