"""The appointment form in a browser: what it says before anything is saved, however quickly the choices change."""

from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.staff import DESK, booked, sign_in
from tests.browser.walk import violations
from tests.leaving import OVER, leave
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form(page: Page, live_server, world: World, mongo, at) -> Page:
    """A new appointment, with Maya at 11:00; Noa has her from 10:00 to 10:45."""
    at(OVER)
    page.set_viewport_size(DESK)
    sign_in(page.context, live_server.url, world.rita)
    booked(world, NOW + timedelta(hours=1))
    page.goto(f"{live_server.url}/scheduler/new/?day=2026-11-25&time=11:00&person={world.maya.pk}")
    return page


def says(page: Page):
    return page.locator("#availability")


def test_the_last_choice_is_what_is_spoken_of(form: Page, world: World) -> None:
    held: list[Route] = []
    form.locator("#service-1").select_option(str(world.cut.pk))
    expect(says(form)).to_contain_text("Maya is free then, until 11:45.")
    form.route("**/scheduler/new/", lambda route: route.continue_() if held else held.append(route))
    form.locator("#id_time").fill("12:00")
    form.locator("#id_time").fill("10:15")
    expect(says(form)).to_contain_text("Maya has Noa Levi from 10:00 to 10:45.")
    with suppress(Error):  # given up by the page already
        held[0].continue_()
    expect(form.locator(".htmx-request")).to_have_count(0)
    expect(says(form)).to_contain_text("Maya has Noa Levi from 10:00 to 10:45.")
    assert says(form).locator("[name=at]").count() == 3


def test_book_it_anyway_goes_when_the_time_does(form: Page, world: World, complaints) -> None:
    form.locator("#service-1").select_option(str(world.cut.pk))
    form.locator("#id_time").fill("19:00")
    tick = form.get_by_label("Book it anyway")
    tick.check()
    form.locator("#id_time").fill("11:00")
    expect(says(form)).to_contain_text("Maya is free then")
    expect(tick).to_have_count(0)
    form.locator("#id_time").fill("19:00")
    expect(tick).to_be_visible()
    expect(tick).not_to_be_checked()
    assert violations(form) == []
    assert complaints == []


@pytest.mark.s("S43", "S44")
def test_book_for_client_says_who_is_free_and_chooses_nobody(form: Page, live_server, world: World) -> None:
    draft = leave(world, start_at=NOW + timedelta(hours=1))
    form.goto(f"{live_server.url}/followups/{draft.id}/book/?engagement=1")
    expect(says(form)).to_contain_text("Free: Tom.")
    person = form.locator("#id_person")
    expect(person).to_have_value("")
    expect(person.locator("option", has_text="free")).to_have_text(["Tom · free"])


@pytest.mark.s("S43")
def test_book_for_client_knows_the_conflict_at_once(form: Page, live_server, world: World) -> None:
    draft = leave(world, start_at=NOW + timedelta(hours=1), team_member_id=world.maya.pk)
    form.goto(f"{live_server.url}/followups/{draft.id}/book/?engagement=1")
    expect(says(form)).to_contain_text("Maya has Noa Levi from 10:00 to 10:45.")
    says(form).locator("[name=at]").first.click()
    expect(form.locator("#toasts")).to_contain_text("Mia Chen is booked.")
