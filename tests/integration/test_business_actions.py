"""Clients, their preferences, opt-outs, audit and counters."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from business import actions
from business.models import AuditEvent, Channel, Client, Consent, DayCounter
from tests.world import NOW, World


@pytest.mark.s("D15")
def test_register_client_finds_the_one_with_this_phone_here(world: World) -> None:
    again = actions.register_client(business=world.bella, phone="+61491570006", first_name="Somebody", now=NOW)
    assert again == world.mia
    assert again.first_name == "Mia"
    there = actions.register_client(business=world.rival, phone="+61491570156", first_name="Noa", now=NOW)
    assert there.business == world.rival
    assert Client.objects.filter(phone="+61491570156").count() == 2


@pytest.mark.s("D13")
def test_preferences_are_stored_with_what_was_shown(world: World) -> None:
    actions.set_preferences(client=world.mia, wants_sms=True, wants_email=False, source="preferences", now=NOW)
    world.mia.refresh_from_db()
    assert (world.mia.wants_sms, world.mia.wants_email) == (True, False)
    rows = Consent.objects.filter(client=world.mia).values_list("channel", "granted", "text_version", "at")
    assert sorted(rows) == [("email", False, actions.CONSENT_TEXT_VERSION, NOW), ("sms", True, actions.CONSENT_TEXT_VERSION, NOW)]


def test_an_opt_out_holds_for_one_business_and_channel(world: World) -> None:
    for _ in range(2):
        actions.opt_out(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=NOW)
    assert actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)
    assert not actions.has_opted_out(business_id=world.rival.pk, channel=Channel.SMS, contact=world.mia.phone)
    assert not actions.has_opted_out(business_id=world.bella.pk, channel=Channel.EMAIL, contact=world.mia.email)
    actions.opt_in(business=world.bella, channel=Channel.SMS, contact=world.mia.phone)
    assert not actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)


def test_switching_a_channel_on_lifts_its_opt_out_only(world: World) -> None:
    for channel, contact in ((Channel.SMS, world.mia.phone), (Channel.EMAIL, world.mia.email)):
        actions.opt_out(business=world.bella, channel=channel, contact=contact, source="stop", now=NOW)
    actions.set_preferences(client=world.mia, wants_sms=True, wants_email=False, source="preferences", now=NOW)
    assert not actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)
    assert actions.has_opted_out(business_id=world.bella.pk, channel=Channel.EMAIL, contact=world.mia.email)


def _change_secret_key(settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one, fifty and more"


def test_a_stop_outlives_a_change_of_the_secret_key(world: World, settings) -> None:
    contact = {"channel": Channel.SMS, "contact": world.mia.phone}
    actions.opt_out(business=world.bella, **contact, source="stop", now=NOW)
    _change_secret_key(settings)
    assert actions.has_opted_out(business_id=world.bella.pk, **contact)
    actions.opt_out(business=world.bella, **contact, source="stop", now=NOW)
    actions.opt_in(business=world.bella, **contact)
    assert not actions.has_opted_out(business_id=world.bella.pk, **contact)
    settings.SECRET_KEY = settings.SECRET_KEY_FALLBACKS[0]
    assert not actions.has_opted_out(business_id=world.bella.pk, **contact)


def test_switching_on_lifts_a_stop_from_before_the_secret_key_changed(world: World, settings) -> None:
    actions.opt_out(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=NOW)
    _change_secret_key(settings)
    actions.set_preferences(client=world.mia, wants_sms=True, wants_email=True, source="preferences", now=NOW)
    assert not actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.mia.phone)


def test_audit_keeps_who_what_and_when(world: World) -> None:
    actions.audit(business=world.bella, actor=world.rita, action="dismiss", object_id="d_x", now=NOW, meta={"engagement": 1})
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.object_id, event.meta, event.at) == (world.rita, "dismiss", "d_x", {"engagement": 1}, NOW)


@pytest.mark.s("D17")
def test_counters_are_kept_per_day_of_the_business(world: World) -> None:
    actions.count(business=world.bella, now=NOW, amounts={"captured": 1})
    actions.count(business=world.bella, now=NOW, amounts={"captured": 2, "recovered": 1})
    actions.count(business=world.bella, now=NOW + timedelta(hours=15), amounts={"captured": 1})
    actions.count(business=world.rival, now=NOW, amounts={"captured": 7})
    rows = DayCounter.objects.filter(business=world.bella).order_by("day", "name").values_list("day", "name", "value")
    assert [(str(day), name, value) for day, name, value in rows] == [
        ("2026-11-25", "captured", 3),
        ("2026-11-25", "recovered", 1),
        ("2026-11-26", "captured", 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_counters_lose_nothing_when_many_count_at_once(transactional_db: None) -> None:
    from tests import world as worlds

    bella = worlds.build().bella

    def add(_: int) -> None:
        with transaction.atomic():
            actions.count(business=bella, now=NOW, amounts={"recovered": 1, "captured": 1})
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert set(DayCounter.objects.values_list("name", "value")) == {("captured", 80), ("recovered", 80)}
