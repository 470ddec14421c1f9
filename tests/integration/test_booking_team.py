"""Step 2, Team."""

import html

import pytest
from django.test import Client as Browser

from business.models import TeamMember
from tests.world import NOW, World

URL = "/b/bella-hair/team/"


def test_any_team_member_stands_first_and_is_preselected(client: Browser, world: World) -> None:
    page = client.get(URL, {"s": world.cut.pk}).content.decode()
    assert 'name="t" value="any" checked' in page
    assert page.index("Any team member") < page.index("Maya") < page.index("Tom")


def test_only_people_who_do_everything_chosen_are_shown(client: Browser, world: World) -> None:
    sam = TeamMember.objects.create(business=world.bella, first_name="Sam", position=5)
    sam.services.set([world.cut])
    page = client.get(URL, {"s": [world.cut.pk, world.toner.pk]}).content.decode()
    assert "Maya" in page
    assert "Sam" not in page
    assert "Rivka" not in page


def test_step_is_skipped_when_one_person_only_can_do_it(client: Browser, world: World) -> None:
    query = {"s": f"{world.colour.pk}.{world.colour_long.pk}"}
    answer = client.get(URL, query)
    assert (answer.status_code, answer["Location"]) == (302, f"/b/bella-hair/time/?s={query['s']}&t=any")
    page = client.get("/b/bella-hair/time/", query | {"t": "any"}).content.decode()
    assert ">Team<" not in page


def test_person_chosen_before_is_not_swapped_silently_for_the_only_one_who_does_it_all(client: Browser, world: World) -> None:
    both = [world.cut.pk, f"{world.colour.pk}.{world.colour_long.pk}"]
    answer = client.get("/b/bella-hair/services/", {"s": both, "t": world.tom_member.pk, "go": "1"}, follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0].split("?")[0]) == (422, URL)
    page = html.unescape(answer.content.decode())
    assert "The person you chose doesn't do all of this. Choose someone else." in page
    assert 'aria-current="step"><span class="steps-name">Team' in page
    assert "Maya" in page
    assert client.get(URL, {"s": both, "t": world.maya.pk}).status_code == 302


def test_nobody_who_does_it_all_is_explained(client: Browser, world: World) -> None:
    world.maya.services.remove(world.toner)
    world.tom_member.services.remove(world.cut)
    answer = client.get(URL, {"s": [world.cut.pk, world.toner.pk]})
    assert answer.status_code == 422
    assert "Nobody does all of these in one visit" in answer.content.decode()


def test_person_of_another_business_is_refused_and_the_services_kept(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": world.cut.pk, "t": world.rival_member.pk})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose someone else" in page
    assert "Rivka" not in page
    assert f'name="s" value="{world.cut.pk}"' in page


@pytest.mark.parametrize("person", ["0", "-1", "x", "9" * 19, "9" * 40, "\x00", "ANY", "😀", "<script>"])
def test_person_that_cannot_be_read_is_asked_for_again_on_team_and_time(client: Browser, world: World, person: str) -> None:
    for step in ("team", "time"):
        answer = client.get(f"/b/bella-hair/{step}/", {"s": world.cut.pk, "t": person, "at": "2026-11-25T23:00Z"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "could not be read. Choose who you would like to see." in page
        assert 'name="t" value="any" checked' in page
        assert f'name="s" value="{world.cut.pk}"' in page
        assert 'name="at" value="2026-11-25T23:00Z"' in page


def test_archived_person_is_not_offered(client: Browser, world: World) -> None:
    TeamMember.objects.create(business=world.bella, first_name="Sam").services.set([world.cut])
    TeamMember.objects.filter(pk=world.maya.pk).update(archived_at=NOW)
    assert "Maya" not in client.get(URL, {"s": world.cut.pk}).content.decode()


def test_without_services_the_way_leads_back(client: Browser, world: World) -> None:
    assert client.get(URL)["Location"] == "/b/bella-hair/services/"
