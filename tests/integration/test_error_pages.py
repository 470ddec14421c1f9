"""Errors say what happened and what to do, in the same look, and leak nothing (promises 2.6)."""

import json
from html import unescape

import pytest
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test import RequestFactory

from business.models import Membership
from config.middleware import answer_when_the_database_is_away


def test_404_is_friendly_and_says_nothing_else(client, world):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "This page isn&#x27;t here" in answer.content.decode() or "This page isn't here" in answer.content.decode()
    assert "Go to the dashboard" not in answer.content.decode()
    client.force_login(world.rita)
    assert "Go to the dashboard" in client.get("/no/such/page/").content.decode()


@pytest.mark.s("S76", "S77")
def test_403_says_which_permission(client, world):
    client.force_login(world.tom)
    answer = client.get("/followups/")
    assert answer.status_code == 403
    assert "Manage Waitlist" in answer.content.decode()


def test_403_without_any_business_offers_to_sign_out(client, world):
    Membership.objects.filter(user=world.tom).delete()
    client.force_login(world.tom)
    text = client.get("/scheduler/").content.decode()
    assert "Ask the owner to add you" in text
    assert "Sign out" in text
    assert "Go to the dashboard" not in text


def test_a_form_from_elsewhere_is_explained(world):
    answer = Browser(enforce_csrf_checks=True).post("/login/", {"username": "olga", "password": "x"})
    assert answer.status_code == 403
    assert "too old to send" in answer.content.decode()


def test_500_needs_nothing_but_itself():
    text = render_to_string("500.html")
    assert "Something went wrong on our side" in text
    assert "Traceback" not in text


def test_the_database_away_is_503_with_retry_after(rf: RequestFactory):
    door = answer_when_the_database_is_away(HttpResponse)
    answer = door.process_exception(rf.get("/scheduler/"), OperationalError("gone"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "right back" in answer.content.decode()
    assert door.process_exception(rf.get("/"), Http404()) is None


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
@pytest.mark.parametrize(
    ("signed_in", "page", "href", "text"),
    [
        (False, "/scheduler/?followups=incomplete", "/login/?next=%2Fscheduler%2F%3Ffollowups%3Dincomplete", "Sign in"),
        (False, "/login/", "/login/", "Sign in"),
        (True, "/scheduler/?followups=incomplete", "/scheduler/?followups=incomplete", "Load the page again"),
    ],
)
def test_a_page_of_another_session_leads_to_sign_in_or_to_itself(world, *, htmx, signed_in, page, href, text):
    browser = Browser(enforce_csrf_checks=True)
    if signed_in:
        browser.force_login(world.rita)
    answer = browser.post("/followups/d_x/remind/", headers={"Referer": f"http://testserver{page}", **htmx})
    assert answer.status_code == 403
    if htmx:
        toast = json.loads(answer["HX-Trigger"])["toast"]
        assert (toast["link"], toast["level"]) == ({"href": href, "text": text}, "error")
    else:
        assert f'href="{href}">{text}</a>' in unescape(answer.content.decode())


def test_a_form_from_another_site_leads_to_no_page_of_it(world):
    answer = Browser(enforce_csrf_checks=True).post("/b/bella-hair/confirm/", headers={"Referer": "https://evil.example/x"})
    assert answer.status_code == 403
    assert "evil.example" not in answer.content.decode()
