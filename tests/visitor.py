"""A visitor of the running site who speaks plain HTTP, as a browser without JavaScript does: opens pages, fills in forms, presses buttons."""

import re
import time
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import requests

TIMEOUT_SECONDS = 30


class _Forms(HTMLParser):
    """Every form of a page with its hidden, checked and typed fields; a field may stand outside and name its form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = {"id": given.get("id"), "action": given.get("action") or "", "method": given.get("method") or "get", "fields": []}
            self.forms.append(self._open)
        elif tag == "input" and given.get("name") and self._counts(given):
            form = next((form for form in self.forms if given.get("form") and form["id"] == given["form"]), self._open)
            if form is not None:
                form["fields"].append((given["name"], given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    @staticmethod
    def _counts(given: dict[str, str | None]) -> bool:
        return given.get("type") not in {"checkbox", "radio", "submit"} or "checked" in given


class Visitor:
    """One device. `seconds` keeps how long each page took."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.page: requests.Response
        self.seconds: list[float] = []

    def open(self, path: str) -> requests.Response:
        return self._ask("GET", path if path.startswith("http") else self.url + path)

    def press(self, action: str, **typed: str) -> requests.Response:
        """Send the form of this page whose action contains `action` ("" is the page itself), with what was typed."""
        reader = _Forms()
        reader.feed(self.page.text)
        form = next(form for form in reader.forms if (action in form["action"] if action else not form["action"]))
        fields = [(name, value) for name, value in form["fields"] if name not in typed] + list(typed.items())
        target = requests.compat.urljoin(self.page.url, form["action"]) if form["action"] else self.page.url
        if form["method"] == "get":
            return self._ask("GET", target, params=fields)
        return self._ask("POST", target, data=fields, headers={"Referer": self.page.url})

    def _ask(self, method: str, url: str, **options: Any) -> requests.Response:
        began = time.perf_counter()
        self.page = self.session.request(method, url, timeout=TIMEOUT_SECONDS, **options)
        # A redirect is two pages on the way; the person waits for each of them in turn.
        self.seconds.append((time.perf_counter() - began) / (1 + len(self.page.history)))
        return self.page


def last_code(url: str) -> str:
    """The sign-in code that arrived last in the demo outbox."""
    text = re.sub(r"<[^>]+>", "", requests.get(f"{url}/demo/outbox/", timeout=TIMEOUT_SECONDS).text)
    return re.search(r"\b(\d{6})\s+is your", text)[1]


def walk_to_review(visitor: Visitor, *, slug: str, service_id: int, phone: str, day: datetime) -> None:
    """From Time, by the first free time of `day`, over phone and code, to Review."""
    visitor.open(f"/b/{slug}/time/?s={service_id}&t=any&day={day:%Y-%m-%d}")
    first = re.search(r'name="at"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="at"', visitor.page.text)
    visitor.press("/review/", at=first[1] or first[2])
    visitor.press("", number=phone, wants_sms="on", wants_email="on")
    visitor.press("", code=last_code(visitor.url))
