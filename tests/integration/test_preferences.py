"""The client's preferences page: a signed link, GET shows, POST acts, one click unsubscribes."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from business.actions import has_opted_out
from business.models import Channel, Consent
from messaging import outbox
from messaging.models import Message, State
from messaging.queries import link_by_token
from messaging.render import preferences_token
from tests.integration.test_outbox_queue import queue
from tests.leaving import OVER, leave
from tests.world import World

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def strict() -> Browser:
    """A browser whose CSRF is checked, as in production."""
    return Browser(enforce_csrf_checks=True)


def path(world: World) -> str:
    return f"/m/{preferences_token(world.mia)}/"


def press_save(browser: Browser, where: str, **switches: str):
    browser.get(where)
    return browser.post(where, {"csrfmiddlewaretoken": browser.cookies["csrf"].value, **switches})


def test_the_page_shows_both_switches_and_names_nobody(world: World, client: Browser) -> None:
    answer = client.get(path(world))
    page = answer.content.decode()
    assert page.count('role="switch"') == 2
    assert page.count(" checked") == 2
    assert "Bella Hair Co." in page
    assert "Mia" not in page
    assert world.mia.phone not in page
    assert (answer["Referrer-Policy"], answer["X-Robots-Tag"], answer["Cache-Control"]) == ("strict-origin", "noindex", "no-store")


@pytest.mark.s("S63")
def test_saving_stores_both_and_a_consent_row_each(world: World, strict: Browser) -> None:
    answer = press_save(strict, path(world), wants_email="on")
    assert "Saved." in answer.content.decode()
    world.mia.refresh_from_db()
    assert (world.mia.wants_sms, world.mia.wants_email) == (False, True)
    rows = Consent.objects.filter(client=world.mia).values_list("channel", "granted", "source")
    assert sorted(rows) == [("email", True, "preferences"), ("sms", False, "preferences")]


def test_get_and_head_change_nothing(world: World, client: Browser) -> None:
    client.get(path(world), {"wants_sms": ""})
    client.head(path(world))
    assert not Consent.objects.exists()


def test_the_form_needs_its_csrf_token_and_the_mail_program_does_not(world: World, strict: Browser) -> None:
    assert strict.post(path(world), {}).status_code == 403
    world.mia.refresh_from_db()
    assert world.mia.wants_sms
    assert strict.post(path(world), ONE_CLICK).status_code == 200
    world.mia.refresh_from_db()
    assert (world.mia.wants_email, world.mia.wants_sms) == (False, True)


@pytest.mark.s("S63", "S64")
def test_one_click_stops_mails_that_are_already_queued_and_leaves_sms_alone(world: World, client: Browser, now) -> None:
    outbox.stop_channel(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=now)
    queue(world, now, channel=Channel.EMAIL, recipient=world.mia.email, dedupe_key="auto:d_1:1:email")
    client.post(path(world), ONE_CLICK)
    client.post(path(world), ONE_CLICK)
    assert Message.objects.get().state == State.CANCELLED
    assert has_opted_out(business_id=world.bella.pk, channel=Channel.EMAIL, contact=world.mia.email)
    assert has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)
    assert not has_opted_out(business_id=world.rival.pk, channel=Channel.EMAIL, contact=world.mia.email)
    assert Consent.objects.filter(client=world.mia, channel="email", granted=False, source="one_click").count() == 1


def link_of(world: World, now, channel: Channel, draft_id: str = "d_1") -> str:
    """The token of a link that Mia got over this channel."""
    recipient = {Channel.SMS: world.mia.phone, Channel.EMAIL: world.mia.email}[channel]
    message = queue(world, now, channel=channel, recipient=recipient, dedupe_key=f"auto:d_1:1:{channel}", draft_id=draft_id)
    return outbox.mint_link(message=message, services=[(world.cut.pk, None)], now=now)


@pytest.mark.parametrize(
    ("press", "revoked"),
    [({"wants_email": "on"}, {"sms"}), ({"wants_sms": "on"}, {"email"}), ({}, {"sms", "email"}), (ONE_CLICK, {"email"})],
)
def test_links_of_a_channel_switched_off_by_link_stop_working(world: World, client: Browser, now, press: dict, revoked: set) -> None:
    tokens = {channel: link_of(world, now, channel) for channel in Channel}
    client.post(path(world), press)
    assert {channel for channel, token in tokens.items() if link_by_token(token).revoked_at} == revoked


def test_the_page_of_a_revoked_link_starts_again(world: World, client: Browser, at, mongo) -> None:
    token = link_of(world, OVER, Channel.SMS, draft_id=leave(world).id)
    at(OVER)
    assert client.get(f"/r/{token}/").status_code == 200
    client.post(path(world), {"wants_email": "on"})
    answer = client.get(f"/r/{token}/")
    assert answer.status_code == 410
    assert f"/b/bella-hair/services/?s={world.cut.pk}" in answer.content.decode()


def test_switching_on_lifts_a_stop(world: World, strict: Browser, now) -> None:
    outbox.stop_channel(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=now)
    assert strict.get(path(world)).content.decode().count(" checked") == 1
    press_save(strict, path(world), wants_sms="on", wants_email="on")
    assert not has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)


def test_the_link_works_after_sixty_days_and_more(world: World, client: Browser, at, now) -> None:
    where = path(world)
    at(now + timedelta(days=400))
    assert client.get(where).status_code == 200


def test_the_link_outlives_a_change_of_the_secret_key(world: World, client: Browser, settings) -> None:
    where = path(world)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one, fifty and more"
    assert client.post(where, ONE_CLICK).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "12.nonsense", "%00", "0.x", "é", "a" * 3000])
def test_a_wrong_link_gets_a_friendly_page(world: World, client: Browser, token: str) -> None:
    answer = client.get(f"/m/{token}/")
    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert client.post(f"/m/{token}/", ONE_CLICK).status_code == 404


def test_a_changed_token_opens_nobody_elses_page(world: World, client: Browser) -> None:
    token = preferences_token(world.mia).replace(f"{world.mia.pk}.", f"{world.noa.pk}.", 1)
    assert client.post(f"/m/{token}/", ONE_CLICK).status_code == 404
    world.noa.refresh_from_db()
    assert world.noa.wants_email


def test_the_link_of_an_erased_client_is_a_wrong_link(world: World, client: Browser) -> None:
    where = path(world)
    world.mia.delete()
    assert client.get(where).status_code == 404
