"""A page and its API call give the same outcome, because they make the same call."""

import pytest
from django.urls import reverse

from business import limits
from tests.integration.test_panel_incomplete import cards, fragment
from tests.leaving import OVER, again, leave, mongo_away
from tests.visits import forget_limits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


def page(client, verb, draft, engagement=1):
    return client.post(reverse(f"followups:{verb}", args=[draft.id]), {"engagement": engagement}, headers={"HX-Request": "true"})


def api(client, verb, draft, engagement=1):
    return client.post(reverse(f"followups:api-{verb}", args=[draft.id]), {"engagement": engagement}, content_type="application/json")


@pytest.mark.s("S77")
def test_cards_and_counts_agree(world, at, rita):
    draft = leave(world)
    leave(world, world.noa)
    leave(world, world.rival_mia)
    at(OVER)
    listed = rita.get(reverse("followups:api-cards")).json()
    assert listed["count"] == len(listed["cards"]) == cards(fragment(rita)) == 2
    assert rita.get(reverse("followups:api-count")).json() == {"count": 2}
    card = next(card for card in listed["cards"] if card["id"] == draft.id)
    assert card["client"] == {"name": "Mia Chen", "phone": "+61491570006", "email": "mia@example.com"}
    assert (card["services"], card["slot"], card["team_member"]) == ([{"name": "Hair cut", "variant": "", "offered": True}], "free", None)
    assert (card["reminded"], card["can_remind"], card["price_minor"]) == (False, True, 6200)


@pytest.mark.s("S51", "S52")
@pytest.mark.parametrize("muted", [False, True])
def test_remind_tells_the_same_in_the_toast_and_in_json(world, at, rita, sends, muted):
    world.mia.wants_sms = world.mia.wants_email = not muted
    world.mia.save()
    by_page, by_api = leave(world), leave(world, world.noa)
    world.noa.wants_sms = world.noa.wants_email = not muted
    world.noa.save()
    at(OVER)
    toast = page(rita, "remind", by_page).headers["HX-Trigger"]
    answer = api(rita, "remind", by_api).json()
    assert answer["text"].replace("Noa", "Mia") in toast
    assert answer["channels"] == ([] if muted else ["sms", "email"])
    assert answer["reasons"] == (dict.fromkeys(("sms", "email"), "preference_off") if muted else {})


@pytest.mark.parametrize("verb", ["remind", "dismiss"])
def test_more_presses_than_a_person_makes_are_429_and_do_nothing(world, at, rita, sends, verb):
    draft = leave(world)
    at(OVER)
    forget_limits()
    while not limits.retry_after("panel", str(world.rita.pk)):
        pass
    plain = rita.post(reverse(f"followups:{verb}", args=[draft.id]), {"engagement": 1})
    answers = [page(rita, verb, draft), api(rita, verb, draft), plain]
    forget_limits()
    assert [answer.status_code for answer in answers] == [429] * 3
    assert all(1 <= int(answer["Retry-After"]) <= 60 for answer in answers)
    assert all("Nothing was changed" in said for said in (answers[0].headers["HX-Trigger"], plain.content.decode()))
    assert (sends, again(draft)) == ([], draft)
    assert page(rita, verb, draft).status_code == 200


@pytest.mark.parametrize("verb", ["remind", "dismiss"])
def test_an_outdated_card_is_409_in_both_with_the_same_words(world, at, rita, sends, verb):
    draft = leave(world)
    leave(world, now=OVER)
    at(OVER)
    by_page, by_api = page(rita, verb, draft), api(rita, verb, draft)
    assert by_page.status_code == by_api.status_code == 409
    assert by_api.json()["detail"] in by_page.content.decode()
    assert sends == []


def test_dismiss_does_the_same(world, at, rita):
    one, other = leave(world), leave(world, world.noa)
    at(OVER)
    assert (page(rita, "dismiss", one).status_code, api(rita, "dismiss", other).status_code) == (200, 204)
    assert again(one).status == again(other).status == "dismissed"


def test_mongodb_away_is_503_in_both(world, at, rita):
    draft = leave(world)
    at(OVER)
    with mongo_away():
        assert page(rita, "remind", draft).status_code == api(rita, "remind", draft).status_code == 503
        assert rita.get(reverse("followups:api-cards")).status_code == 503
        assert rita.get(reverse("followups:api-count")).status_code == 503


@pytest.mark.parametrize("body", ["{}", '{"engagement": "x"}', '{"engagement": {"$ne": 0}}', "[1]", "nonsense", '{"engagement": 1e999}'])
def test_odd_bodies_are_400_and_change_nothing(world, at, rita, body):
    draft = leave(world)
    at(OVER)
    response = rita.post(reverse("followups:api-dismiss", args=[draft.id]), body, content_type="application/json")
    assert response.status_code == 400
    assert again(draft).open
