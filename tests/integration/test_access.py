"""Who may do what, and where: a right in one business holds in no other."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from business import access
from business.models import ClientSession, Membership
from core import identifiers
from tests.world import NOW, World


@pytest.mark.s("S76", "S78")
def test_manage_waitlist_is_asked_of_the_membership(world: World) -> None:
    assert access.can(world.rita, world.bella, "manage_waitlist")
    assert not access.can(world.tom, world.bella, "manage_waitlist")
    assert not access.can(world.rex, world.bella, "manage_waitlist")
    assert not access.can(world.olga, world.rival, "manage_waitlist")


def test_a_revoked_right_counts_at_once(world: World) -> None:
    Membership.objects.filter(user=world.rita).update(manage_waitlist=False)
    assert not access.can(world.rita, world.bella, "manage_waitlist")


def test_a_disabled_user_may_do_nothing(world: World) -> None:
    world.rita.is_active = False
    world.rita.save()
    assert not access.can(world.rita, world.bella, "manage_waitlist")


def _request(cookies: dict[str, str]):
    request = RequestFactory().get("/")
    request.COOKIES.update(cookies)
    return request


def _session(world: World, **changes: object) -> str:
    token = identifiers.new_token()
    values = {"client": world.mia, "business": world.bella, "created_at": NOW, "expires_at": NOW + timedelta(days=30), **changes}
    ClientSession.objects.create(digest=identifiers.digest(token), **values)
    return token


def test_client_of_reads_the_cookie_of_this_business_only(world: World) -> None:
    token = _session(world)
    name = access.client_cookie(world.bella)
    signed_in = access.client_of(_request({name: token}), world.bella, now=NOW)
    assert signed_in is not None
    assert signed_in.client == world.mia
    assert access.client_of(_request({name: token}), world.rival, now=NOW) is None
    assert access.client_of(_request({access.client_cookie(world.rival): token}), world.rival, now=NOW) is None


def test_client_of_ends_with_the_session(world: World) -> None:
    name = access.client_cookie(world.bella)
    token = _session(world, expires_at=NOW)
    assert access.client_of(_request({name: token}), world.bella, now=NOW) is None
    assert access.client_of(_request({name: "x" * 22}), world.bella, now=NOW) is None


def test_staff_without_a_business_is_told_what_to_do(world: World) -> None:
    Membership.objects.filter(user=world.tom).delete()
    request = _request({})
    request.user, request.session = world.tom, {}
    with pytest.raises(PermissionDenied, match="Ask the owner"):
        access.staff_of(request)


def test_staff_of_ignores_a_chosen_business_that_is_not_theirs(world: World) -> None:
    request = _request({})
    request.user, request.session = world.rita, {access.BUSINESS_KEY: world.rival.pk}
    assert access.staff_of(request).business == world.bella


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (1, "", "127.0.0.1"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_ip_of_trusts_only_the_counted_proxies(settings, proxies: int, forwarded: str, seen: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="127.0.0.1")
    assert access.ip_of(request) == seen
