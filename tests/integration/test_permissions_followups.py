"""One permission, Manage Waitlist, guards all of it, in pages and in endpoints, and nothing else does (S76 to S78)."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from business.models import Membership
from drafts.document import DraftState
from messaging.models import Message
from scheduler.models import WaitlistEntry
from tests.integration.test_panel_waitlist import wait
from tests.leaving import OVER, again, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


@pytest.fixture
def doors(world, at):
    """Every way in: (method, address)."""
    draft, entry = leave(world), wait(world)
    at(OVER)
    of_draft = [("post", "remind"), ("post", "dismiss"), ("get", "book"), ("post", "book"), ("post", "api-remind"), ("post", "api-dismiss")]
    of_entry = [(method, name) for name in ("edit", "book") for method in ("get", "post")] + [("post", "remove")]
    return draft, [
        *[("get", reverse(f"followups:{name}")) for name in ("panel", "badge", "waitlist-add", "api-cards", "api-count")],
        ("post", reverse("followups:waitlist-add")),
        ("get", reverse("followups:panel") + "?tab=waitlist"),
        *[(method, reverse(f"followups:{name}", args=[draft.id])) for method, name in of_draft],
        *[(method, reverse(f"followups:waitlist-{name}", args=[entry.pk])) for method, name in of_entry],
    ]


def knock(client, method, address):
    if method == "get":
        return client.get(address)
    return (
        client.post(address, {"engagement": 1}, content_type="application/json")
        if "/api/" in address
        else client.post(address, {"engagement": 1})
    )


def untouched(draft) -> bool:
    return again(draft).status != DraftState.DISMISSED and not Message.objects.exists() and WaitlistEntry.objects.get().closed_at is None


@pytest.mark.s("S76", "S77")
def test_staff_without_the_permission_get_403_everywhere_and_change_nothing(world, client, doors):
    draft, addresses = doors
    client.force_login(world.tom)
    for method, address in addresses:
        response = knock(client, method, address)
        assert response.status_code == 403, address
        assert "Chen" not in response.content.decode()
    assert untouched(draft)


@pytest.mark.s("S76")
def test_visitors_are_sent_to_sign_in_or_refused(world, client, doors):
    draft, addresses = doors
    for method, address in addresses:
        response = knock(client, method, address)
        assert response.status_code == (403 if "/api/" in address else 302), address
    assert untouched(draft)


@pytest.mark.s("D15", "S77")
def test_staff_of_another_business_reach_nothing_of_this_one(world, client, doors):
    draft, addresses = doors
    client.force_login(world.rex)
    for method, address in addresses:
        response = knock(client, method, address)
        assert "Chen" not in response.content.decode(), address
        assert response.status_code in (200, 404, 409, 422), address
    assert untouched(draft)


@pytest.mark.s("S77")
@pytest.mark.parametrize("who", ["olga", "rita"])
def test_whoever_sees_the_waitlist_sees_and_acts_on_incomplete(world, client, doors, who):
    draft, _ = doors
    client.force_login(getattr(world, who))
    assert "Mia Chen" in client.get(reverse("followups:panel") + "?tab=waitlist").content.decode()
    assert "Mia Chen" in client.get(reverse("followups:panel") + "?tab=incomplete").content.decode()
    assert client.post(reverse("followups:dismiss", args=[draft.id]), {"engagement": 1}).status_code == 302
    assert again(draft).status == DraftState.DISMISSED


@pytest.mark.s("S76")
def test_taking_the_permission_away_counts_from_the_next_request(world, client, doors):
    client.force_login(world.rita)
    assert client.get(reverse("followups:panel")).status_code == 200
    Membership.objects.filter(user=world.rita).update(manage_waitlist=False)
    assert client.get(reverse("followups:panel")).status_code == 403


@pytest.mark.s("S34", "S76")
def test_the_button_is_in_the_schedulers_header_for_those_who_may_and_absent_for_others(world, client, doors):
    client.force_login(world.rita)
    html = client.get("/scheduler/").content.decode()
    assert (
        html.index('class="page-actions"')
        < html.index('id="followups-button"')
        < html.index("</header>", html.index('class="page-actions"'))
    )
    assert 'href="/scheduler/?followups=incomplete"' in html
    client.force_login(world.tom)
    html = client.get("/scheduler/?followups=incomplete").content.decode()
    assert "followups-button" not in html
    assert 'id="followups"' not in html


@pytest.mark.s("S78")
def test_no_permission_was_added(world):
    assert not Permission.objects.filter(codename__iregex="incomplete|followup|draft").exists()
    rights = {field.name for field in Membership._meta.get_fields() if field.get_internal_type() == "BooleanField"}
    assert rights == {"manage_waitlist"}
