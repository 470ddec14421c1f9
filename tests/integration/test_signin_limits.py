"""How often codes are sent and tried (promises 2.1 and 2.2). Races run over HTTP against PostgreSQL, each with a negative control."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client as Browser

from booking import signin
from booking.models import SignInCode, SignInCounter
from booking.signin import budget
from booking.tasks import prune
from business.models import ClientSession
from tests.fakes import RecordingTransport
from tests.phones import FICTIONAL, NEW, NOA, ask, enter, last_code, sign_in, wrong
from tests.visits import arrive, haircut, words_of
from tests.visits import sign_in as remember

THREADS = 20
MOBILES = FICTIONAL[3:13]


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


def guess_in_parallel(cookies, code: str, guesses: int, barrier: Barrier | None = None) -> Counter:
    """Many devices with one challenge cookie guess at once; counts evaluated and refused guesses."""

    def one(_: int) -> str:
        browser = Browser()
        browser.cookies.update(cookies)
        if barrier:
            barrier.wait(timeout=60)
        try:
            response = enter(browser, code)
        finally:
            connection.close()
        return "evaluated" if "That's not the code we sent" in words_of(response) else str(response.status_code)

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, range(guesses)))


@pytest.mark.django_db(transaction=True)
def test_of_a_thousand_parallel_guesses_exactly_five_are_evaluated(world, client):
    ask(client)
    assert guess_in_parallel(client.cookies, wrong(last_code()), 1000) == {"evaluated": 5, "429": 995}
    response = enter(client, last_code())
    assert response.status_code == 429, "right and wrong codes get the same answer afterwards"
    assert not ClientSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_guesses_counted_by_read_and_write_are_not_limited(world, client, monkeypatch):
    """Negative control: the same race with the atomic UPDATE taken away lets more than five through."""
    barrier = Barrier(THREADS)

    def read_then_write(challenge: SignInCode, *, now) -> int:
        challenge.refresh_from_db()
        barrier.wait(timeout=60)
        if challenge.attempts >= budget.GUESSES:
            raise signin.TooManyGuesses("spent", free_at=now)
        SignInCode.objects.filter(pk=challenge.pk).update(attempts=challenge.attempts + 1)
        return 0

    ask(client)
    code = wrong(last_code())
    monkeypatch.setattr(budget, "pay_for_guess", read_then_write)
    assert guess_in_parallel(client.cookies, code, THREADS)["evaluated"] > budget.GUESSES


@pytest.mark.django_db(transaction=True)
def test_one_code_signs_in_once_however_often_it_is_pressed_at_once(world, client):
    ask(client)
    guess_in_parallel(client.cookies, last_code(), THREADS)
    assert ClientSession.objects.count() <= 1


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_for_one_phone_send_one_text(world):
    def one(n: int) -> int:
        try:
            return ask(Browser(), NOA, ip=f"203.0.113.{n}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(pool.map(one, range(THREADS)))
    assert answers == {303: 1, 429: THREADS - 1}
    assert len(RecordingTransport.sends) == 1


def fail_five_times(browser: Browser, number: str = NOA, ip: str = "203.0.113.7") -> None:
    assert ask(browser, number, ip=ip).status_code == 303
    for _ in range(5):
        enter(browser, wrong(last_code()), ip=ip)


@pytest.mark.django_db
def test_new_codes_and_other_networks_do_not_reset_the_phones_failures(world, at, now):
    for n in range(4):
        at(now + timedelta(minutes=n))
        fail_five_times(Browser(), ip=f"203.0.113.{n}")
    at(now + timedelta(hours=2))
    response = ask(Browser(), "+61 491 570 156", ip="198.51.100.1")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 20 * 3600
    assert "Too many wrong codes" in words_of(response)
    at(now + timedelta(hours=24, minutes=1))
    assert ask(Browser(), ip="198.51.100.1").status_code == 303


@pytest.mark.django_db
def test_a_code_asked_for_before_the_lock_is_not_evaluated_after_it(world, at, now):
    browsers = [Browser() for _ in range(5)]
    for n, browser in enumerate(browsers[:4]):
        at(now + timedelta(minutes=n))
        fail_five_times(browser, ip=f"203.0.113.{n}")
    SignInCounter.objects.filter(name="failure").update(count=1)
    at(now + timedelta(minutes=5))
    assert ask(browsers[4]).status_code == 303
    SignInCounter.objects.filter(name="failure").update(count=5)
    response = enter(browsers[4], last_code())
    assert response.status_code == 429
    assert not ClientSession.objects.exists()


@pytest.mark.django_db
def test_fifty_failures_in_a_row_cool_down_for_a_day_and_a_success_starts_over(world, at, now):
    for day in range(3):
        for n in range(4 if day < 2 else 2):
            at(now + timedelta(days=day, hours=day, minutes=n))
            fail_five_times(Browser(), ip=f"203.0.113.{day * 4 + n}")
    at(now + timedelta(days=3, hours=1))
    assert ask(Browser()).status_code == 429
    at(now + timedelta(days=3, hours=3))
    assert sign_in(Browser()).status_code == 303
    assert not SignInCounter.objects.filter(name="failure_streak").exists()


@pytest.mark.django_db
def test_strangers_failures_do_not_lock_a_device_that_signed_in_before(world, client, at, now):
    sign_in(client)
    client.post("/b/bella-hair/sign-out/")
    for n in range(1, 5):
        at(now + timedelta(minutes=n))
        fail_five_times(Browser(), ip=f"203.0.113.{n}")
    at(now + timedelta(minutes=20))
    assert ask(Browser()).status_code == 429
    assert sign_in(client).status_code == 303


@pytest.mark.django_db
def test_known_device_has_a_budget_of_its_own_too(world, client, at, now):
    sign_in(client)
    client.post("/b/bella-hair/sign-out/")
    at(now + timedelta(minutes=1))
    fail_five_times(client)
    at(now + timedelta(minutes=3))
    assert ask(client).status_code == 429


@pytest.mark.django_db
def test_spent_code_says_to_get_a_new_one(world, client, at, now):
    fail_five_times(client)
    at(now + timedelta(minutes=2))
    response = enter(client, last_code())
    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert "Get a new one" in words_of(response)
    assert "Try again in" not in words_of(response)


@pytest.mark.django_db
def test_second_code_before_thirty_seconds_says_when(world, client, at, now):
    ask(client)
    response = client.post("/b/bella-hair/code/", {"resend": "1"})
    assert response.status_code == 429
    assert 25 <= int(response["Retry-After"]) <= 30
    assert "Try again in" in words_of(response)
    assert enter(client, last_code()).status_code == 303, "the code that was sent still counts"


@pytest.mark.django_db
def test_phone_gets_five_codes_an_hour_and_ten_a_day(world, at, now):
    sent = []
    for minutes in range(0, 24 * 60, 10):
        at(now + timedelta(minutes=minutes))
        if ask(Browser(), ip=f"10.0.{minutes // 60}.{minutes % 60}").status_code == 303:
            sent.append(minutes)
    assert len([minutes for minutes in sent if minutes < 60]) == 5
    assert len(sent) == 10


@pytest.mark.django_db
def test_network_gets_ten_codes_an_hour_and_a_forged_header_does_not_help(world):
    answers = []
    for n, number in enumerate([*MOBILES, NEW]):
        browser = Browser(headers={"X-Forwarded-For": f"192.0.2.{n}"})
        answers.append(ask(browser, number, ip=f"2001:db8::{n}").status_code)
    assert answers == [303] * 10 + [429]


@pytest.mark.django_db
def test_prefix_gets_twenty_codes_an_hour(world):
    answers = [ask(Browser(), number, ip=f"203.0.113.{n}").status_code for n, number in enumerate(FICTIONAL[:21])]
    assert answers == [303] * 20 + [429]


@pytest.mark.django_db
def test_business_has_a_daily_budget_and_raises_an_alert(world, monkeypatch, caplog):
    monkeypatch.setattr(budget, "BUSINESS_SENDS_A_DAY", 3)
    answers = [ask(Browser(), number, ip=f"203.0.113.{n}").status_code for n, number in enumerate(MOBILES[:5])]
    assert answers == [303, 303, 303, 429, 429]
    assert "send_business" in caplog.text


@pytest.mark.django_db
def test_codes_stop_when_almost_nobody_uses_them(world, at, now, monkeypatch, caplog):
    monkeypatch.setattr(budget, "BREAKER_LAST", 10)
    for n, number in enumerate(MOBILES):
        assert ask(Browser(), number, ip=f"203.0.113.{n}").status_code == 303
    assert ask(Browser(), NOA, ip="198.51.100.1").status_code == 429
    assert "stopped" in caplog.text
    at(now + timedelta(hours=1, minutes=1))
    assert ask(Browser(), NOA, ip="198.51.100.1").status_code == 303


@pytest.mark.django_db
def test_codes_go_on_while_people_use_them(world, now, monkeypatch):
    monkeypatch.setattr(budget, "BREAKER_LAST", 10)
    for n, number in enumerate(MOBILES):
        browser = Browser()
        answer = sign_in(browser, number, ip=f"203.0.113.{n}") if n < 2 else ask(browser, number, ip=f"203.0.113.{n}")
        assert answer.status_code == 303
    assert ask(Browser(), NOA, ip="198.51.100.1").status_code == 303


@pytest.mark.django_db
def test_codes_are_forgotten_after_a_day(world, client, now, at):
    ask(client)
    at(now + timedelta(hours=23))
    prune.run()
    assert SignInCode.objects.exists()
    at(now + timedelta(hours=25))
    prune.run()
    assert not SignInCode.objects.exists()


@pytest.mark.django_db
def test_a_session_that_has_ended_is_forgotten_with_its_note(world, client, now, at):
    sign_in(client)
    ClientSession.objects.update(selection={"note": "Ring twice"})
    at(now + timedelta(days=30, seconds=-1))
    prune.run()
    assert ClientSession.objects.exists()
    at(now + timedelta(days=30))
    prune.run()
    assert not ClientSession.objects.exists()


@pytest.mark.django_db
def test_what_a_device_remembers_goes_a_day_after_the_last_press(world, client, mongo, now, at):
    remember(client, world.mia)
    arrive(client, haircut(world))
    at(now + timedelta(hours=2))
    arrive(client, haircut(world))
    at(now + timedelta(hours=25))
    prune.run()
    assert ClientSession.objects.get().selection["flow"]
    at(now + timedelta(hours=26, seconds=1))
    prune.run()
    assert ClientSession.objects.get().selection == {}
