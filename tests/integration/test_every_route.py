"""Every route × every kind of person: who gets in, that GET changes nothing, and that no route is forgotten here (promises 15, 17, 43)."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from business.models import ClientSession
from core import identifiers
from messaging.models import StaffNotice
from messaging.render import preferences_token
from scheduler.models import Appointment, WaitlistEntry
from tests.leaving import OVER, leave
from tests.world import NOW, World

STAFF = ("anonymous", "tom", "rita", "olga", "rex")
LOGIN, NO, GONE, OK, WRONG = 302, 403, 404, 200, 405

# GET by: a visitor, Tom (no Manage Waitlist), Rita (has it), Olga (owner), Rex (owner of the business next door).
OPEN_TO_STAFF = (LOGIN, OK, OK, OK, OK)
BELLAS_APPOINTMENT = (LOGIN, OK, OK, OK, GONE)
FOLLOW_UPS = (LOGIN, NO, OK, OK, OK)
BELLAS_FOLLOW_UP = (LOGIN, NO, OK, OK, GONE)
SETTINGS = (LOGIN, NO, NO, OK, OK)
API = (NO, NO, OK, OK, OK)
API_POST_ONLY = (NO, NO, WRONG, WRONG, WRONG)
PUBLIC = (OK,) * 5
POST_ONLY = (WRONG,) * 5
NOT_HERE = (GONE,) * 5
SIGN_IN_FIRST = (303,) * 5

WITH_CHOICE = {"booking:team", "booking:time", "booking:review", "booking:api_slots"}

EXPECTED = {
    "dashboard:home": OPEN_TO_STAFF,
    "business:login": (OK, LOGIN, LOGIN, LOGIN, LOGIN),
    "business:logout": POST_ONLY,
    "business:switch": (LOGIN, WRONG, WRONG, WRONG, WRONG),
    "scheduler:day": OPEN_TO_STAFF,
    "scheduler:new": OPEN_TO_STAFF,
    "scheduler:edit": BELLAS_APPOINTMENT,
    "scheduler:cancel": POST_ONLY,
    "followups:panel": FOLLOW_UPS,
    "followups:badge": FOLLOW_UPS,
    "followups:waitlist-add": FOLLOW_UPS,
    "followups:waitlist-edit": BELLAS_FOLLOW_UP,
    "followups:waitlist-remove": POST_ONLY,
    "followups:waitlist-book": BELLAS_FOLLOW_UP,
    "followups:remind": POST_ONLY,
    "followups:dismiss": POST_ONLY,
    "followups:book": BELLAS_FOLLOW_UP,
    "followups:api-cards": API,
    "followups:api-count": API,
    "followups:api-remind": API_POST_ONLY,
    "followups:api-dismiss": API_POST_ONLY,
    "messaging:settings": SETTINGS,
    "messaging:edit": SETTINGS,
    "messaging:preview": POST_ONLY,
    "messaging:test": POST_ONLY,
    "messaging:notices": FOLLOW_UPS,
    "messaging:bell": FOLLOW_UPS,
    "messaging:read_all": POST_ONLY,
    "messaging:read": POST_ONLY,
    "messaging:preferences": PUBLIC,
    "messaging:twilio_status": POST_ONLY,
    "messaging:twilio_inbound": POST_ONLY,
    "messaging:anymail": POST_ONLY,
    "messaging:demo_outbox": NOT_HERE,
    "messaging:demo_mail": NOT_HERE,
    "messaging:demo_clock": POST_ONLY,
    "booking:start": PUBLIC,
    "booking:theme": PUBLIC,
    "booking:services": PUBLIC,
    "booking:team": PUBLIC,
    "booking:time": PUBLIC,
    "booking:phone": PUBLIC,
    "booking:code": SIGN_IN_FIRST,
    "booking:signout": POST_ONLY,
    "booking:review": PUBLIC,
    "booking:confirm": POST_ONLY,
    "booking:done": NOT_HERE,
    "booking:ics": NOT_HERE,
    "booking:mine": SIGN_IN_FIRST,
    "booking:cancel": POST_ONLY,
    "booking:waitlist": PUBLIC,
    "booking:resume": (410,) * 5,
    "booking:api_slots": PUBLIC,
    "booking:api_review_session": (403,) * 5,
    "livez": PUBLIC,
    "readyz": (503,) * 5,  # no sweep ever came round here
}


def _routes(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from _routes(pattern, pattern.namespace or space)
        else:
            yield f"{space}:{pattern.name}" if space else str(pattern.name or pattern.pattern)


@pytest.fixture
def things(world: World, mongo) -> dict[str, str]:
    """One of everything that belongs to Bella: route → address."""
    draft = leave(world)
    notice = StaffNotice.objects.create(business=world.bella, client=world.mia, draft_id=draft.id, engagement=1, created_at=OVER)
    entry = WaitlistEntry.objects.create(business=world.bella, client=world.noa, source="staff", created_at=NOW)
    visit = Appointment.objects.create(
        business=world.bella,
        client=world.noa,
        team_member=world.maya,
        starts=NOW + timedelta(hours=2),
        ends=NOW + timedelta(hours=3),
        source="staff",
        confirm_key=uuid4(),
        created_at=NOW,
    )
    by_app = {"followups": {"draft_id": draft.id}, "booking": {"slug": "bella-hair"}, "messaging": {"kind": "incomplete_reminder"}}
    special = {
        "scheduler:edit": {"pk": visit.pk},
        "scheduler:cancel": {"pk": visit.pk},
        "followups:waitlist-edit": {"pk": entry.pk},
        "followups:waitlist-remove": {"pk": entry.pk},
        "followups:waitlist-book": {"pk": entry.pk},
        "messaging:read": {"notice_id": notice.pk},
        "messaging:preferences": {"token": preferences_token(world.mia)},
        "messaging:twilio_status": {"message_id": uuid4()},
        "messaging:demo_mail": {"pk": 1},
        "booking:done": {"slug": "bella-hair", "pk": visit.pk},
        "booking:ics": {"slug": "bella-hair", "pk": visit.pk},
        "booking:cancel": {"slug": "bella-hair", "pk": visit.pk},
        "booking:resume": {"token": "A" * 22},
    }
    choice = f"?s={world.cut.pk}&t=any&day=2026-11-26"
    addresses = {name: _address(name, special.get(name) or by_app.get(name.partition(":")[0], {})) for name in EXPECTED}
    return {name: address + (choice if name in WITH_CHOICE else "") for name, address in addresses.items()}


def _address(name: str, arguments: dict[str, object]) -> str:
    if ":" not in name:
        return f"/{name}"
    for given in (arguments, {}):
        try:
            return reverse(name, kwargs=given)
        except NoReverseMatch:
            continue
    raise AssertionError(name)


def _snapshot(mongo) -> dict[str, object]:
    """What both databases hold, the sessions of staff excepted."""
    kept: dict[str, object] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != "django_session":
                cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
                kept[table] = cursor.fetchone()
    kept["drafts"] = list(mongo.booking_drafts.find().sort("_id"))
    return kept


def _visitor(world: World, who: str) -> Client:
    client = Client()
    if who != "anonymous":
        client.force_login(getattr(world, who))
    return client


def test_no_route_is_forgotten() -> None:
    assert sorted(_routes(get_resolver())) == sorted(EXPECTED)


@pytest.mark.s("S31", "S76", "S77", "D5", "D15")
@pytest.mark.parametrize("who", STAFF)
def test_who_may_open_what_and_get_changes_nothing(world: World, things, mongo, at, who: str) -> None:
    at(OVER)
    client = _visitor(world, who)
    before = _snapshot(mongo)
    seen = {name: client.get(address).status_code for name, address in things.items()}
    wanted = {name: expected[STAFF.index(who)] for name, expected in EXPECTED.items()}
    assert {name: (status, wanted[name]) for name, status in seen.items() if status != wanted[name]} == {}
    assert _snapshot(mongo) == before
    heads = {name: client.head(address).status_code for name, address in things.items()}
    assert {name: status for name, status in heads.items() if status != seen[name]} == {}
    assert _snapshot(mongo) == before


@pytest.mark.s("S76", "S77", "S78")
@pytest.mark.parametrize("who", ["anonymous", "tom", "rex"])
def test_a_press_without_the_right_changes_nothing(world: World, things, mongo, at, who: str) -> None:
    at(OVER)
    client = _visitor(world, who)
    before = _snapshot(mongo)
    theirs = [name for name in things if name.startswith("followups:") and name != "followups:waitlist-add"]
    bellas = [*theirs, "scheduler:cancel"] if who != "tom" else theirs
    for name in bellas:
        answer = client.post(things[name], {"engagement": 1}, content_type="application/json" if ":api-" in name else MULTIPART_CONTENT)
        assert answer.status_code in {302, 403, 404, 405, 409}, name
    assert _snapshot(mongo) == before


@pytest.mark.s("D15")
def test_a_client_of_one_business_opens_nothing_of_another(world: World, things, at) -> None:
    at(NOW)
    token = identifiers.new_token()
    ClientSession.objects.create(
        digest=identifiers.digest(token),
        client=world.rival_mia,
        business=world.rival,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    client = Client()
    for business in (world.bella, world.rival):
        client.cookies[f"client-{business.pk}"] = token
    visit = Appointment.objects.get()
    missing = client.get(f"/b/rival-cuts/booked/{10**9}/")
    foreign = client.get(f"/b/rival-cuts/booked/{visit.pk}/")
    assert missing.status_code == foreign.status_code == GONE
    assert missing.content == foreign.content
    assert client.get(things["booking:mine"]).status_code == SIGN_IN_FIRST[0]


def test_every_press_needs_its_token(world: World, things) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.rita)
    exempt = {"messaging:twilio_status", "messaging:twilio_inbound", "messaging:anymail", "messaging:preferences"}
    for name, address in things.items():
        if name not in exempt and ":" in name:
            assert client.post(address).status_code in {403, 405}, name
