"""Step 1, Services."""

import pytest
from django.test import Client as Browser

from booking.models import SignInCode, SignInCounter
from business.models import Business, Client, ClientSession, Service
from tests.visits import sign_in
from tests.world import NOW, World

URL = "/b/bella-hair/services/"


def test_services_stand_by_category_with_price_and_duration(client: Browser, world: World) -> None:
    page = client.get(URL).content.decode()
    assert page.index("Hair cut") < page.index("Toner") < page.index("Colour")
    assert "$62.00" in page
    assert "45 min" in page
    assert '<span class="service-from">from</span> $110.00' in page
    assert "Rival cut" not in page


def test_variants_are_a_radio_group_with_the_first_ready(client: Browser, world: World) -> None:
    page = client.get(URL).content.decode()
    assert f'name="v{world.colour.pk}" value="{world.colour_short.pk}" checked' in page
    assert f'name="v{world.colour.pk}" value="{world.colour_long.pk}"' in page


@pytest.mark.parametrize("chosen", [False, True])
def test_service_shows_what_the_chosen_variant_costs(client: Browser, world: World, chosen: bool) -> None:
    page = client.get(URL, {"s": f"{world.colour.pk}.{world.colour_long.pk}"} if chosen else {}).content.decode()
    row = page[page.index('data-name="Colour"') :]
    row = row[: row.index("</label>")]
    assert row.count("<span data-from hidden>") == (2 if chosen else 0)
    assert row.count("<span data-from>") == (0 if chosen else 2)
    assert ("<span data-picked-price>$160.00</span>" in row) is chosen
    assert ("<span data-picked-minutes>2 h</span>" in row) is chosen


def test_continue_leads_to_team_with_the_choice_in_the_address(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": [world.cut.pk, world.toner.pk], "go": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"/b/bella-hair/team/?s={world.cut.pk}&s={world.toner.pk}")


def test_variant_of_the_form_is_joined_in_the_address(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": world.colour.pk, f"v{world.colour.pk}": world.colour_long.pk, "go": "1"})
    assert answer["Location"].endswith(f"?s={world.colour.pk}.{world.colour_long.pk}")


@pytest.mark.s("S04")
def test_continue_without_a_service_explains(client: Browser, world: World) -> None:
    answer = client.get(URL, {"go": "1"})
    assert answer.status_code == 422
    assert "Choose at least one service to continue." in answer.content.decode()


def test_archived_service_is_named_and_the_rest_kept(client: Browser, world: World) -> None:
    Service.objects.filter(pk=world.toner.pk).update(archived_at=NOW)
    answer = client.get(URL, {"s": [world.cut.pk, world.toner.pk]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Toner is no longer offered" in page
    assert f'value="{world.cut.pk}" checked' in page


def test_service_that_comes_in_other_kinds_now_is_asked_for_again(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": [world.cut.pk, world.colour.pk]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Colour comes in other kinds now. Choose it again." in page
    assert f'value="{world.cut.pk}" checked' in page


@pytest.mark.parametrize("bad", ["999999", "abc", "9" * 40, "1\x00", "😀", "1;drop"])
def test_unknown_service_is_a_clear_message_and_the_rest_kept(client: Browser, world: World, bad: str) -> None:
    answer = client.get(URL, {"s": [world.cut.pk, bad]})
    assert answer.status_code == 422
    assert f'value="{world.cut.pk}" checked' in answer.content.decode()


def test_service_of_another_business_is_like_an_unknown_one(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": [world.rival_cut.pk]})
    assert answer.status_code == 422
    assert "Rival cut" not in answer.content.decode()


def test_a_thousand_services_are_refused_without_an_error(client: Browser, world: World) -> None:
    for number in (150, 1000):
        answer = client.get(URL, {"s": list(range(1, number + 1))})
        assert answer.status_code == 422
        assert "up to 20 services at once" in answer.content.decode()


def _more(world: World, number: int) -> None:
    for place in range(number):
        Service.objects.create(
            business=world.bella, category=world.cut.category, name=f"Extra {place}", duration_min=30, price_minor=1000, position=place + 9
        )


def test_search_appears_from_twenty_one_services_on(client: Browser, world: World) -> None:
    _more(world, 17)
    assert 'type="search"' not in client.get(URL).content.decode()
    _more(world, 1)
    assert 'type="search"' in client.get(URL).content.decode()


def test_search_works_without_a_script_and_keeps_what_is_chosen(client: Browser, world: World) -> None:
    _more(world, 20)
    page = client.get(URL, {"q": "TONER", "find": "1", "s": world.cut.pk}).content.decode()
    assert "Toner" in page
    assert f'value="{world.cut.pk}" checked' in page
    assert "Extra 3" not in page
    assert "1 service matches" in page


def test_search_without_a_match_says_so(client: Browser, world: World) -> None:
    _more(world, 20)
    page = client.get(URL, {"q": "<script>\x00", "find": "1"}).content.decode()
    assert "Nothing matches" in page
    assert "<script>\x00" not in page


def test_business_without_services_says_what_to_do(client: Browser, world: World) -> None:
    Service.objects.filter(business=world.bella).update(archived_at=NOW)
    page = client.get(URL).content.decode()
    assert "Nothing to book online yet" in page
    assert "(02) 5550 1234" in page


@pytest.mark.parametrize("step", ["services", "team", "time", "review"])
def test_business_closed_online_leads_to_its_front_page(client: Browser, world: World, step: str) -> None:
    Business.objects.filter(pk=world.bella.pk).update(online_booking=False)
    answer = client.get(f"/b/bella-hair/{step}/", {"s": world.cut.pk, "t": "any", "at": "2026-11-25T23:00Z"})
    assert (answer.status_code, answer["Location"]) == (303, "/b/bella-hair/")


def test_unknown_business_is_not_found(client: Browser, world: World) -> None:
    assert client.get("/b/nobody/services/").status_code == 404


@pytest.mark.s("S05")
def test_walking_services_team_and_time_writes_nothing(client: Browser, world: World, mongo, at) -> None:
    at(NOW)
    sign_in(client, world.mia)
    before = ClientSession.objects.get().selection
    client.get(URL, {"s": world.cut.pk})
    client.get(URL, {"s": world.cut.pk, "go": "1"})
    client.get("/b/bella-hair/team/", {"s": world.cut.pk})
    client.get("/b/bella-hair/time/", {"s": world.cut.pk, "t": "any"})
    client.get("/api/v1/b/bella-hair/slots", {"s": world.cut.pk, "t": "any", "day": "2026-11-26"})
    assert mongo.booking_drafts.count_documents({}) == 0
    assert ClientSession.objects.get().selection == before


@pytest.mark.s("S02")
def test_anonymous_walk_leaves_no_row_and_no_cookie_but_csrf(client: Browser, world: World, at) -> None:
    at(NOW)
    rows = (Client.objects.count(), ClientSession.objects.count(), SignInCode.objects.count(), SignInCounter.objects.count())
    for path in ("services/", "team/", "time/", "review/"):
        client.get(f"/b/bella-hair/{path}", {"s": world.cut.pk, "t": "any", "at": "2026-11-25T23:00Z"})
    assert set(client.cookies) <= {"csrf"}
    assert rows == (Client.objects.count(), ClientSession.objects.count(), SignInCode.objects.count(), SignInCounter.objects.count())


@pytest.mark.django_db
def test_services_cost_the_same_queries_for_many_services(client: Browser, world: World, django_assert_max_num_queries) -> None:
    _more(world, 60)
    with django_assert_max_num_queries(5):
        client.get(URL)
