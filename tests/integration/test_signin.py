"""Sign-in by phone code over HTTP: what people see, what is stored, what a session is (D13, S01 to S03; promises 2.1)."""

import html
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client as Browser

from booking.models import SignInCode
from business import actions as business_actions
from business.models import Channel, Client, ClientSession, Consent
from messaging.models import Message
from tests.fakes import RecordingTransport
from tests.phones import NEW, NOA, ask, enter, last_code, sign_in, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


@pytest.fixture
def query(world):
    """A cut with anybody on Thursday at 10:30, as the steps carry it."""
    return f"?s={world.cut.pk}&t=any&at=2026-11-25T23:30Z"


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def counts_of(mongo) -> dict[str, int]:
    return {name: mongo[name].count_documents({}) for name in mongo.list_collection_names()}


def test_code_signs_a_known_client_in_for_thirty_days(world, client, now):
    response = sign_in(client)
    assert response.status_code == 303
    session = ClientSession.objects.get(client=world.noa)
    assert abs(session.expires_at - now - timedelta(days=30)) < timedelta(seconds=5)
    cookie = response.cookies[f"client-{world.bella.pk}"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 30 * 24 * 3600
    assert cookie.value not in str(ClientSession.objects.values_list())


@pytest.mark.s("S01", "D1")
def test_verifying_at_review_captures_the_draft_and_starts_the_ten_minutes(world, client, mongo, now, query):
    ask(client, NOA, query)
    assert mongo.booking_drafts.count_documents({}) == 0
    response = enter(client, last_code(), query)
    assert response["Location"].startswith("/b/bella-hair/review/?")
    draft = mongo.booking_drafts.find_one({"business_id": world.bella.pk, "client_id": world.noa.pk})
    assert draft["selection"]["services"][0]["service_id"] == world.cut.pk
    assert abs(draft["review_expires_at"] - now - timedelta(minutes=10)) < timedelta(seconds=5)
    assert "Finish booking in" in text_of(client.get(response["Location"]))


@pytest.mark.s("S01", "D1")
def test_new_client_is_asked_for_a_name_once_and_the_ten_minutes_start_after_it(world, client, mongo, query):
    response = sign_in(client, NEW, query)
    assert response["Location"].startswith("/b/bella-hair/code/")
    assert "What should we call you?" in text_of(client.get(response["Location"]))
    assert mongo.booking_drafts.count_documents({}) == 0
    response = client.post(f"/b/bella-hair/code/{query}", {"first_name": "  Ava ", "email": "Ava@Example.COM"})
    assert response["Location"].startswith("/b/bella-hair/review/?")
    ava = Client.objects.get(phone="+61491570157")
    assert (ava.first_name, ava.email, ava.phone_verified_at is not None) == ("Ava", "Ava@example.com", True)
    assert mongo.booking_drafts.count_documents({"client_id": ava.pk}) == 1


@pytest.mark.s("S02")
def test_anonymous_visitor_leaves_no_row_and_no_cookie_but_csrf(world, client, mongo, query):
    before = (counts_of(mongo), {model: model._default_manager.count() for model in apps.get_models()})
    for path in ("", "services/", "team/", "time/", "review/", "sign-in/", "waitlist/", "mine/", "code/"):
        response = client.get(f"/b/bella-hair/{path}{query}")
        assert response.status_code < 400, path
    assert client.get(f"/api/v1/b/bella-hair/slots{query}&day=2026-11-26").status_code == 200
    assert client.post("/b/bella-hair/review/", {"s": world.cut.pk, "t": "any", "at": "2026-11-25T23:30Z"}).status_code == 303
    assert set(client.cookies) <= {"csrf"}
    assert (counts_of(mongo), {model: model._default_manager.count() for model in apps.get_models()}) == before


@pytest.mark.s("S03")
def test_client_whose_phone_was_never_verified_leaves_no_draft(world, client, mongo, query):
    sign_in(client)
    Client.objects.filter(pk=world.noa.pk).update(phone_verified_at=None)
    client.post("/b/bella-hair/review/", {"s": str(world.cut.pk), "t": "any", "at": "2026-11-25T23:30Z"})
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.s("D13")
def test_number_page_says_what_verifying_agrees_to_and_stores_it(world, client):
    page = text_of(client.get("/b/bella-hair/sign-in/"))
    for words in ("Bella Hair Co. may text and e-mail you", "including one you start and don't finish", "STOP"):
        assert words in page
    sign_in(client, NEW)
    consents = Consent.objects.filter(client__phone="+61491570157")
    assert {(one.channel, one.granted, one.source) for one in consents} == {("sms", True, "sign_in"), ("email", True, "sign_in")}
    assert all(one.text_version and one.ip_digest and "203.0.113" not in one.ip_digest for one in consents)


@pytest.mark.s("D13")
def test_switch_turned_off_at_sign_in_stays_off(world, client):
    ask(client, NEW, wants_sms="")
    enter(client, last_code())
    new = Client.objects.get(phone="+61491570157")
    assert (new.wants_sms, new.wants_email) == (False, True)
    assert Consent.objects.filter(client=new, channel="sms", granted=False).exists()


@pytest.mark.s("D13")
def test_number_posted_twice_sends_one_code_and_the_last_switches_count(world, client):
    for wants_sms in ("on", ""):
        assert ask(client, NEW, wants_sms=wants_sms)["Location"] == "/b/bella-hair/code/"
    assert len(RecordingTransport.sends) == 1
    enter(client, last_code())
    assert Client.objects.get(phone="+61491570157").wants_sms is False


@pytest.mark.s("D13")
def test_signing_in_again_never_turns_on_what_a_client_turned_off(world, client, now):
    business_actions.set_preferences(client=world.noa, wants_sms=True, wants_email=False, source="preferences", now=now)
    business_actions.opt_out(business=world.bella, channel=Channel.SMS, contact=world.noa.phone, source="stop", now=now)
    sign_in(client)
    world.noa.refresh_from_db()
    assert world.noa.wants_email is False
    assert business_actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=world.noa.phone)


def test_code_text_starts_with_the_code_and_ends_with_the_domain_line(world, client):
    ask(client)
    sent = RecordingTransport.sends[-1]
    code = last_code()
    assert sent.recipient == "+61491570156"
    assert sent.content.text == f"{code} is your Bella Hair Co. code.\n\n@book.example.com #{code}"


def test_code_is_nowhere_but_in_the_text(world, client, caplog):
    response = ask(client)
    code = last_code()
    stored = str([*SignInCode.objects.values_list(), *Message.objects.values_list("body", "subject", "dedupe_key")])
    assert code not in stored
    assert code not in response["Location"]
    enter(client, code)
    logged = caplog.text
    assert code not in logged
    assert "491570156" not in logged


def test_pasted_code_with_spaces_and_wide_digits_works(world, client):
    ask(client)
    code = last_code()
    pasted = f" {code[:3]} {code[3:]}".translate({ord("0") + n: ord("0") + n for n in range(10)})
    assert enter(client, pasted).status_code == 303


def test_wrong_code_says_how_many_tries_are_left(world, client):
    ask(client)
    response = enter(client, wrong(last_code()))
    assert response.status_code == 422
    assert "4 tries left" in text_of(response)
    assert enter(client, last_code()).status_code == 303


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\x00", "１２", "²²²²²²", "9" * 5000])
def test_text_that_is_no_code_is_explained_and_costs_no_try(world, client, typed):
    ask(client)
    response = enter(client, typed)
    assert response.status_code == 422
    assert SignInCode.objects.get().attempts == 0


def test_code_expires_after_ten_minutes_and_the_page_offers_a_new_one(world, client, at, now):
    ask(client)
    at(now + timedelta(minutes=10, seconds=5))
    response = enter(client, last_code())
    assert response.status_code == 422
    assert "That code has expired" in text_of(response)
    assert "<title>Get a new code" in response.content.decode()
    assert "Send a new code" in text_of(response)


def test_only_the_newest_code_is_valid_and_once_only(world, client, at, now):
    ask(client)
    first, old = last_code(), client.cookies[f"client-code-{world.bella.pk}"].value
    at(now + timedelta(seconds=40))
    assert client.post("/b/bella-hair/code/", {"resend": "1"}).status_code == 303
    other = Browser()
    other.cookies[f"client-code-{world.bella.pk}"] = old
    assert enter(other, first).status_code == 422
    challenge = client.cookies[f"client-code-{world.bella.pk}"].value
    assert enter(client, last_code()).status_code == 303
    other.cookies[f"client-code-{world.bella.pk}"] = challenge
    assert enter(other, last_code()).status_code == 422
    assert ClientSession.objects.count() == 1


def test_code_is_bound_to_the_device_that_asked(world, client):
    ask(client)
    stranger = Browser()
    assert enter(stranger, last_code())["Location"].startswith("/b/bella-hair/sign-in/")
    ask(stranger, NEW)
    mine = RecordingTransport.sends[-2].content.text[:6]
    if mine != last_code():
        assert enter(stranger, mine).status_code == 422
    assert not ClientSession.objects.exists()


def test_known_and_unknown_numbers_get_the_same_answers(world, client, django_assert_num_queries):
    pages = []
    for number, ip in ((NOA, "203.0.113.1"), (NEW, "203.0.113.2")):
        browser = Browser()
        answer = ask(browser, number, ip=ip)
        page = browser.get(answer["Location"])
        shown = number.replace(" ", "")
        words = [line for line in text_of(page).replace(number, shown).replace(shown, "N").splitlines() if "csrf" not in line]
        pages.append((answer.status_code, answer["Location"], page.status_code, words))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("(02) 5550 1234", "Enter a mobile number"),
        ("+1 212 555 0100", "can't text numbers from that country"),
        ("12", "does not exist"),
        ("hello", "Enter a phone number"),
        ("\x00", "Null characters"),
        ("0" * 3000, "at most 40"),
        ("", "Enter your mobile number"),
        ("<script>alert(1)</script>", "Enter a phone number"),
    ],
)
def test_number_we_cannot_text_is_refused_before_anything_is_sent(world, client, number, words):
    response = ask(client, number)
    assert response.status_code == 422
    assert words in text_of(response)
    assert "<script>alert" not in response.content.decode()
    assert RecordingTransport.sends == []


def test_full_width_and_international_forms_are_the_same_number(world, client, at, now):
    for minutes, number in enumerate(("０４９１ ５７０ １５６", "+61 491 570 156", "61491570156")):
        at(now + timedelta(minutes=minutes))
        ask(client, number)
    assert {sent.recipient for sent in RecordingTransport.sends} == {"+61491570156"}


def test_number_the_provider_refuses_is_explained(world, client, settings):
    settings.MESSAGING_TRANSPORTS = {"sms": "tests.fakes.RejectingTransport", "email": "tests.fakes.RejectingTransport"}
    response = ask(client)
    assert response.status_code == 422
    assert "We couldn't text that number" in text_of(response)
    assert NOA in text_of(response)


def test_sign_out_ends_the_session_on_the_server(world, client):
    sign_in(client)
    token = client.cookies[f"client-{world.bella.pk}"].value
    assert client.get("/b/bella-hair/sign-out/").status_code == 405
    assert client.post("/b/bella-hair/sign-out/").status_code == 303
    assert not ClientSession.objects.exists()
    thief = Browser()
    thief.cookies[f"client-{world.bella.pk}"] = token
    assert thief.get("/b/bella-hair/mine/").status_code == 303


def test_session_token_rotates_at_sign_in(world, client, at, now):
    sign_in(client)
    first = client.cookies[f"client-{world.bella.pk}"].value
    client.post("/b/bella-hair/sign-out/")
    at(now + timedelta(minutes=1))
    sign_in(client)
    assert client.cookies[f"client-{world.bella.pk}"].value != first


def test_session_ends_after_thirty_days_and_counts_at_one_business_only(world, client, at, now):
    sign_in(client)
    assert client.get("/b/bella-hair/mine/").status_code == 200
    client.cookies[f"client-{world.rival.pk}"] = client.cookies[f"client-{world.bella.pk}"].value
    assert client.get("/b/rival-cuts/mine/").status_code == 303
    at(now + timedelta(days=30, minutes=1))
    assert client.get("/b/bella-hair/mine/").status_code == 303


@pytest.mark.parametrize("name", ["", "evil.com", "http://x", "a/b", "<b>", "...", "12", "x" * 61, "\x00", "a@b.example"])
def test_name_that_is_none_is_refused_and_the_rest_kept(world, client, name):
    sign_in(client, NEW)
    response = client.post("/b/bella-hair/code/", {"first_name": name, "email": "ava@example.com"})
    assert response.status_code == 422
    assert "ava@example.com" in text_of(response)


def test_name_loses_letters_nobody_sees(world, client):
    sign_in(client, NEW)
    client.post("/b/bella-hair/code/", {"first_name": "A\u202ev\u200ba" + "\u0301" * 40, "email": ""})
    assert Client.objects.get(phone="+61491570157").first_name == "Av\u00e1\u0301\u0301"


@pytest.mark.parametrize("goal", ["https://evil.example", "//evil.example", "admin", "review", "mine/../x"])
def test_where_to_go_afterwards_is_never_an_address_from_outside(world, client, goal):
    response = sign_in(client, NOA, f"?next={goal}")
    assert response["Location"].startswith("/b/bella-hair/")


def test_signed_in_client_on_the_number_page_may_go_on_or_out(world, client, query):
    sign_in(client)
    page = text_of(client.get(f"/b/bella-hair/sign-in/{query}"))
    assert "You're signed in, Noa" in page
    assert client.post(f"/b/bella-hair/sign-in/{query}")["Location"].startswith("/b/bella-hair/review/")


@pytest.mark.parametrize("everything", [False, True])
def test_service_archived_while_the_code_was_on_its_way_is_named(world, client, now, mongo, everything):
    query = f"?s={world.toner.pk}&t=any&at=2026-11-25T23:30Z" + ("" if everything else f"&s={world.cut.pk}")
    ask(client, NOA, query)
    world.toner.archived_at = now
    world.toner.save()
    page = text_of(client.get(enter(client, last_code(), query)["Location"]))
    assert "Toner is no longer offered, so we took it out." in page
    assert ("What would you like?" if everything else "Review and book") in page


def test_unknown_business_is_a_404(db, client):
    assert client.get("/b/nobody/sign-in/").status_code == 404
