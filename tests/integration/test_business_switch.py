"""One person, two businesses: each page shows one of them (D15)."""

import pytest
from django.urls import reverse

from business.models import Membership

SWITCH = "/switch/"


@pytest.fixture
def rita_in_both(world, client):
    Membership.objects.create(user=world.rita, business=world.rival, role="manager", manage_waitlist=False)
    client.force_login(world.rita)
    return world


def test_the_choice_is_offered_to_those_who_have_one(client, rita_in_both):
    assert 'action="/switch/"' in client.get(reverse("scheduler:day")).content.decode()
    client.force_login(rita_in_both.tom)
    assert 'action="/switch/"' not in client.get(reverse("scheduler:day")).content.decode()


@pytest.mark.s("S76")
def test_after_switching_everything_is_of_the_other_business(client, rita_in_both):
    before = client.get(reverse("scheduler:day")).content.decode()
    assert "Maya" in before
    assert "Rivka" not in before
    assert client.post(SWITCH, {"business": rita_in_both.rival.pk}).status_code == 302
    after = client.get(reverse("scheduler:day")).content.decode()
    assert "Rivka" in after
    assert "Maya" not in after
    assert "Follow-ups" not in after  # manages the waitlist of Bella, not of Rival


def test_a_foreign_and_a_missing_business_are_the_same_404(client, world):
    client.force_login(world.rita)
    foreign, missing, nonsense = (client.post(SWITCH, {"business": value}) for value in (world.rival.pk, 999999, "x"))
    assert foreign.status_code == missing.status_code == nonsense.status_code == 404
    assert foreign.content == missing.content == nonsense.content


def test_a_membership_that_ended_counts_from_the_next_request(client, rita_in_both):
    client.post(SWITCH, {"business": rita_in_both.rival.pk})
    Membership.objects.filter(user=rita_in_both.rita, business=rita_in_both.rival).delete()
    assert "Maya" in client.get(reverse("scheduler:day")).content.decode()
    Membership.objects.filter(user=rita_in_both.rita).delete()
    refused = client.get(reverse("scheduler:day"))
    assert refused.status_code == 403
    assert "belongs to no business" in refused.content.decode()


def test_switching_asks_for_sign_in_and_for_post(client, world):
    assert client.post(SWITCH, {"business": world.bella.pk})["Location"].startswith("/login/")
    client.force_login(world.rita)
    assert client.get(SWITCH).status_code == 405
