"""Signing in as people do it: ask for a code, read it from what was texted, type it."""

import re

from django.http import HttpResponse
from django.test import Client as Browser

from tests.fakes import RecordingTransport

MIA, NOA, NEW = "0491 570 006", "0491 570 156", "0491 570 157"
# Numbers kept free for fiction by the Australian regulator.
FICTIONAL = [
    f"0491 {group} {last}"
    for group, lasts in {
        "570": "006 156 157 158 159 110 313 737",
        "571": "266 491 804",
        "572": "549 665 983",
        "573": "770 087",
        "574": "118 632",
        "575": "254 789",
        "576": "398 801",
        "577": "426 644",
        "578": "957 148 888",
        "579": "212 760 455",
    }.items()
    for last in lasts.split()
]
ANSWERS = {"country": "AU", "wants_sms": "on", "wants_email": "on"}


def last_code() -> str:
    """The code in the newest text message."""
    found = re.match(r"(\d{6}) is your", RecordingTransport.sends[-1].content.text)
    assert found
    return found.group(1)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def ask(browser: Browser, number: str = NOA, query: str = "", *, ip: str = "203.0.113.7", **more: str) -> HttpResponse:
    """Post the number. `wants_sms=""` switches it off."""
    answers = ANSWERS | {"number": number} | more
    return browser.post(f"/b/bella-hair/sign-in/{query}", {name: value for name, value in answers.items() if value}, REMOTE_ADDR=ip)


def enter(browser: Browser, code: str, query: str = "", *, ip: str = "203.0.113.7") -> HttpResponse:
    return browser.post(f"/b/bella-hair/code/{query}", {"code": code}, REMOTE_ADDR=ip)


def sign_in(browser: Browser, number: str = NOA, query: str = "", *, ip: str = "203.0.113.7") -> HttpResponse:
    """Number and right code; the answer to the code."""
    assert ask(browser, number, query, ip=ip).status_code == 303
    return enter(browser, last_code(), query, ip=ip)
