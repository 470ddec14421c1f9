"""Staff sign in and out; tries are limited per name and address, and per name (promises 2.1, 10; 2.4, 33)."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.urls import reverse

from business import signin
from business.models import SignInAttempt
from tests.world import NOW, PASSWORD

LOGIN = "/login/"
COOKIE = settings.SESSION_COOKIE_NAME


def attempt(client, username="olga", password="wrong", **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def test_the_page_asks_for_username_and_password(client, world):
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert 'autocomplete="current-password"' in page.content.decode()
    assert "demo" not in page.content.decode()


def test_right_password_leads_to_the_dashboard(client, world):
    answer = attempt(client, password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, reverse("dashboard:home"))
    assert client.get(LOGIN)["Location"] == reverse("dashboard:home")
    assert not SignInAttempt.objects.exists()


def test_a_session_lives_twelve_hours_after_the_last_page_and_a_week_at_most(client, world, at):
    day, badge = reverse("scheduler:day"), {"path": reverse("followups:badge"), "headers": {"HX-Request": "true"}}
    at(NOW)
    assert attempt(client, username="rita", password=PASSWORD).cookies[COOKIE]["max-age"] == 12 * 3600
    at(NOW + timedelta(minutes=9))
    assert COOKIE not in client.get(day).cookies
    at(NOW + timedelta(minutes=11))
    assert COOKIE not in client.get(**badge).cookies  # what a page fetches by itself is nobody's work
    assert client.get(day).cookies[COOKIE]["max-age"] == 12 * 3600
    at(NOW + timedelta(days=7, seconds=1))
    assert client.get(day)["Location"] == "/login/?next=/scheduler/"


def test_the_wanted_page_comes_next(client, world):
    wanted = client.get(reverse("scheduler:day"))["Location"]
    assert wanted == "/login/?next=/scheduler/"
    assert attempt(client, password=PASSWORD, next="/scheduler/?day=2026-11-25")["Location"] == "/scheduler/?day=2026-11-25"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client, world):
    sent = client.post("/followups/d_x/dismiss/", headers={"referer": "http://testserver/followups/?tab=incomplete"})
    assert parse_qs(urlsplit(sent.url).query) == {"next": ["/followups/?tab=incomplete"]}
    for elsewhere in ("https://evil.example/", "http://testserver//"):
        assert client.post("/followups/d_x/dismiss/", headers={"referer": elsewhere}).url == "/login/?next=/"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil.example"])
def test_another_site_is_never_the_next_page(client, world, evil):
    assert attempt(client, password=PASSWORD, next=evil)["Location"] == reverse("dashboard:home")


def test_wrong_password_and_unknown_name_look_the_same(client, world):
    wrong, unknown = attempt(client), attempt(client, username="nobody")
    assert wrong.status_code == unknown.status_code == 422
    assert "do not go together" in wrong.content.decode()
    assert 'value="olga"' in wrong.content.decode()


def test_nothing_filled_in_says_what_to_enter(client, world):
    page = attempt(client, username="", password="")
    assert page.status_code == 422
    assert "Enter your username." in page.content.decode()
    assert not SignInAttempt.objects.exists()


def test_a_disabled_user_stays_outside_and_is_put_out(client, world):
    client.force_login(world.rita)
    User.objects.filter(pk=world.rita.pk).update(is_active=False)
    assert client.get(reverse("scheduler:day")).status_code == 302
    assert attempt(client, username="rita", password=PASSWORD).status_code == 422


def test_the_sixth_try_is_not_looked_at(client, world):
    for _ in range(5):
        assert attempt(client).status_code == 422
    refused = attempt(client, password=PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900
    assert "Try again in 15 min" in refused.content.decode()
    assert attempt(client, username="rita", password=PASSWORD).status_code == 302


def _try(ip: str, *, now, password="wrong"):
    return signin.sign_in(username="Olga", password=password, ip=ip, now=now)


def test_another_address_has_tries_of_its_own_up_to_twenty_an_hour(world):
    for number in range(20):
        with pytest.raises(signin.WrongPassword):
            _try(f"192.0.2.{number // 5}", now=NOW + timedelta(minutes=number // 5))
    with pytest.raises(signin.TooManyAttempts):
        _try("192.0.2.9", now=NOW + timedelta(minutes=5))
    assert signin.sign_in(username="rita", password=PASSWORD, ip="192.0.2.9", now=NOW) == world.rita


def test_after_the_window_tries_count_again(world):
    for _ in range(5):
        with pytest.raises(signin.WrongPassword):
            _try("192.0.2.1", now=NOW)
    with pytest.raises(signin.TooManyAttempts) as refused:
        _try("192.0.2.1", now=NOW + timedelta(minutes=10))
    assert refused.value.retry_in_seconds == 300
    assert signin.sign_in(username="olga", password=PASSWORD, ip="192.0.2.1", now=NOW + timedelta(minutes=15)) == world.olga


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_five_are_looked_at(world):
    outcomes: list[str] = []
    ready = threading.Barrier(20)

    def run() -> None:
        ready.wait(timeout=30)
        try:
            _try("192.0.2.1", now=NOW)
        except (signin.WrongPassword, signin.TooManyAttempts) as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(outcomes) == 20
    assert outcomes.count("WrongPassword") <= 5


def test_attempts_keep_no_name_and_no_address(client, world):
    attempt(client)
    row = SignInAttempt.objects.get()
    assert "olga" not in row.name_digest
    assert len(row.name_digest) == len(row.ip_digest) == 64


def test_signing_out_ends_the_session(client, world):
    client.force_login(world.rita)
    assert client.get(reverse("business:logout")).status_code == 405
    assert client.post(reverse("business:logout"))["Location"] == LOGIN
    assert client.get(reverse("scheduler:day")).status_code == 302


def test_the_admin_uses_the_same_door(client, world):
    assert client.get("/admin/login/")["Location"].startswith(LOGIN)
    client.force_login(world.olga)
    assert client.get("/admin/").status_code in {302, 403}
    assert client.get("/admin/login/").status_code == 403
