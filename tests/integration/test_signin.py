"""Sign-in by phone code over HTTP (promises 2.1 and 2.2, D13, S01 to S03)."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client as Browser

from booking import signin
from booking.models import KnownDevice, SignInCode, SignInCounter
from booking.signin import Visitor
from business.models import Business, Client, ClientSession, Consent
from messaging.models import Message
from tests import world as worlds
from tests.fakes import RecordingTransport

pytestmark = pytest.mark.django_db

NOA = "0491 570 156"
NEW = "0491 570 157"
IP = "203.0.113.7"


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


def last_code() -> str:
    return re.match(r"(\d{6}) is your", RecordingTransport.sends[-1].content.text).group(1)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def ask(browser: Browser, number: str = NOA, query: str = "", **more: str):
    data = {"country": "AU", "number": number, "wants_sms": "on", "wants_email": "on"} | more
    return browser.post(f"/b/bella-hair/sign-in/{query}", {key: value for key, value in data.items() if value})


def enter(browser: Browser, code: str, query: str = ""):
    return browser.post(f"/b/bella-hair/code/{query}", {"code": code})


def sign_in(browser: Browser, number: str = NOA, query: str = ""):
    assert ask(browser, number, query).status_code == 303
    return enter(browser, last_code(), query)


def test_code_signs_a_known_client_in_for_thirty_days(world, client, now):
    response = sign_in(client)
    assert response.status_code in (302, 303)
    session = ClientSession.objects.get(client=world.noa)
    assert abs(session.expires_at - now - timedelta(days=30)) < timedelta(seconds=5)
    cookie = response.cookies[f"client-{world.bella.pk}"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == 30 * 24 * 3600
    assert cookie.value not in str(ClientSession.objects.values_list())
