"""The Follow-ups panel in a browser: what a refresh keeps, where focus goes, the bell, and what is said when something is away."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from playwright.sync_api import Error, Page, Route, expect

from business.models import Client
from config.middleware import away_page
from drafts import actions as drafts
from drafts import queries as draft_queries
from messaging import outbox
from messaging.outbox import Notice
from scheduler.models import WaitlistEntry
from tests.browser.staff import DESK, booked, many_leave, poll, sign_in
from tests.leaving import OVER, book_what_was_left, leave, mongo_away
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
LATER = OVER + timedelta(minutes=1)


@pytest.fixture
def desk(page: Page, live_server, world: World, mongo, at) -> Page:
    """Rita at her desk, eleven minutes later."""
    at(LATER)
    page.set_viewport_size(DESK)
    sign_in(page.context, live_server.url, world.rita)
    return page


def open_panel(desk: Page, url: str, more: str = "") -> None:
    desk.goto(f"{url}/scheduler/?followups=incomplete{more}")
    expect(desk.locator("#followups-panel")).to_be_visible()
    desk.wait_for_load_state("networkidle")  # the badge fills itself


def ring(world: World, draft_id: str) -> None:
    outbox.notify_staff(items=[Notice(world.bella.pk, world.mia.pk, draft_id, 1, NOW)], now=OVER)


@pytest.mark.s("S40", "S53")
@pytest.mark.parametrize("path", ["/scheduler/?followups=incomplete", "/followups/?tab=incomplete"])
def test_refresh_keeps_place_question_and_focus(desk: Page, live_server, world: World, complaints, path: str) -> None:
    """At the end of the list, in the middle of a question: there the browser by itself would lose all three."""
    draft_id = many_leave(world, 40)[-1]
    desk.goto(live_server.url + path)
    ask = desk.locator(f"#ask-{draft_id}")
    ask.click()
    desk.locator(f"#dismiss-{draft_id}").get_by_role("button", name="Dismiss").focus()
    scroller = "(document.querySelector('#followups') ?? document.scrollingElement)"
    desk.evaluate(f"{scroller}.scrollTop = 1e6")
    before = desk.evaluate(f"{scroller}.scrollTop")
    assert before > 1000
    for _ in range(2):
        poll(desk)
        expect(ask).to_be_focused()
        expect(desk.locator(f"#dismiss-{draft_id} form")).to_be_visible()
        assert abs(desk.evaluate(f"{scroller}.scrollTop") - before) <= 1
    assert complaints == []


@pytest.mark.s("S40")
def test_focus_moves_on_when_the_refresh_takes_its_card_away(desk: Page, live_server, world: World) -> None:
    first, second, third = many_leave(world, 3)
    open_panel(desk, live_server.url)
    desk.locator(f"#book-{second}").focus()
    drafts.dismiss(business_id=world.bella.pk, draft_id=second, engagement=1, user_id=world.olga.pk, now=LATER)
    poll(desk)
    expect(desk.locator(f"#name-{third}")).to_be_focused()
    expect(desk.locator(f"#card-{first}")).to_be_visible()
    draft = draft_queries.get(business_id=world.bella.pk, draft_id=third, now=LATER)
    book_what_was_left(world, draft, Client.objects.get(pk=draft.client_id), now=LATER)
    poll(desk)
    expect(desk.locator(f"#card-{third}")).to_contain_text("booked just now")
    expect(desk.locator(f"#card-{third}")).to_be_focused()


@pytest.mark.s("S26")
def test_bell_moves_with_the_badge(desk: Page, live_server, world: World) -> None:
    open_panel(desk, live_server.url)
    expect(desk.locator("#bell")).to_contain_text("none unread")
    ring(world, leave(world, now=NOW).id)
    poll(desk)
    expect(desk.locator("#bell")).to_contain_text("1 unread")
    expect(desk.locator("#followups-badge")).to_contain_text("1")


@pytest.mark.s("S54")
def test_card_that_was_handled_meanwhile_takes_the_focus(desk: Page, live_server, world: World) -> None:
    draft = leave(world)
    open_panel(desk, live_server.url)
    drafts.dismiss(business_id=world.bella.pk, draft_id=draft.id, engagement=1, user_id=world.olga.pk, now=LATER)
    desk.locator(f"#ask-{draft.id}").click()
    desk.locator(f"#dismiss-{draft.id}").get_by_role("button", name="Dismiss").click()
    card = desk.locator(f"#card-{draft.id}")
    expect(card).to_contain_text("dismissed already")
    expect(card).to_be_focused()
    poll(desk)
    expect(desk.locator("#followups-empty")).to_be_focused()


@pytest.mark.parametrize("left", [1, 0])
def test_removing_from_the_waitlist_leads_on(desk: Page, live_server, world: World, left: int) -> None:
    gone, *others = [
        WaitlistEntry.objects.create(business=world.bella, client=client, source="staff", created_at=NOW)
        for client in (world.mia, world.noa)[: left + 1]
    ]
    desk.goto(f"{live_server.url}/followups/?tab=waitlist")
    desk.locator(f"#ask-{gone.pk}").click()
    desk.locator(f"#remove-{gone.pk}").get_by_role("button", name="Remove").click()
    expect(desk.locator(f"#wait-name-{others[0].pk}" if others else "#followups-empty")).to_be_focused()


@pytest.mark.s("S54")
def test_cancelling_leads_to_the_days_heading(desk: Page, live_server, world: World) -> None:
    visit = booked(world, NOW + timedelta(hours=2))
    desk.goto(f"{live_server.url}/scheduler/{visit.pk}/")
    desk.get_by_text("Cancel this appointment").click()
    desk.get_by_role("button", name="Cancel the appointment").click()
    expect(desk.get_by_role("heading", level=1)).to_be_focused()
    expect(desk.locator("#toasts")).to_contain_text("is cancelled")


def test_the_panel_outlives_a_restart_of_the_database(desk: Page, live_server, world: World) -> None:
    """A page that says to come back in a moment must not take the panel's place: it would never come back."""
    leave(world)
    open_panel(desk, live_server.url)
    away = away_page(OperationalError()).content
    desk.route("**/followups/?tab=*", lambda route: route.fulfill(status=503, content_type="text/html; charset=utf-8", body=away))
    with desk.expect_response("**/followups/?tab=*"):
        desk.evaluate("document.body.dispatchEvent(new CustomEvent('followups:poll'))")
    expect(desk.locator(".htmx-request")).to_have_count(0)
    expect(desk.locator("#followups")).to_contain_text("Mia Chen")
    expect(desk.locator("[data-toast]")).to_have_count(0)
    desk.unroute("**/followups/?tab=*")
    leave(world, world.noa)
    poll(desk)
    expect(desk.locator("#followups")).to_contain_text("Noa Levi")


def test_panel_says_itself_that_drafts_are_away(desk: Page, live_server) -> None:
    with mongo_away():
        desk.goto(f"{live_server.url}/scheduler/?followups=incomplete")
        expect(desk.locator("#followups")).to_contain_text("Nothing is lost")
        desk.get_by_role("link", name="Try again").click()
        expect(desk.locator(".htmx-request")).to_have_count(0)
        expect(desk.locator("[data-toast]")).to_have_count(0)


@pytest.mark.s("S26", "S37")
def test_review_of_a_notice_opens_its_card(desk: Page, live_server, world: World, complaints) -> None:
    draft_id = many_leave(world, 12)[9]
    ring(world, draft_id)
    desk.goto(f"{live_server.url}/notices/")
    desk.get_by_role("button", name="Review").click()
    expect(desk.locator(f"#name-{draft_id}")).to_be_focused()
    expect(desk.locator(f"#name-{draft_id}")).to_be_in_viewport()
    expect(desk.locator("#bell")).to_contain_text("none unread")
    assert complaints == []


@pytest.mark.s("S24")
def test_number_that_changes_while_it_is_fetched_is_fetched_again(desk: Page, live_server, world: World) -> None:
    """The first answer is held back until the number has changed: it must not have the last word."""
    held: list[Route] = []
    desk.route("**/followups/badge/", lambda route: route.continue_() if held else held.append(route))
    with desk.expect_event("request", lambda request: "/badge/" in request.url):
        desk.goto(f"{live_server.url}/scheduler/", wait_until="domcontentloaded")
    badge = desk.locator("#followups-badge")
    desk.wait_for_function("() => document.querySelector('#followups-badge.htmx-request')")
    old_number = held[0].fetch()
    leave(world)
    desk.evaluate("document.body.dispatchEvent(new CustomEvent('followups:changed'))")
    with suppress(Error):  # given up
        held[0].fulfill(response=old_number)
    expect(badge).to_contain_text("1")


@pytest.mark.s("D15")
def test_page_of_somebody_before_shows_nothing_of_who_came_after(desk: Page, live_server, world: World) -> None:
    leave(world)
    leave(world, world.rival_mia)
    open_panel(desk, live_server.url)
    sign_in(desk.context, live_server.url, world.rex)
    for _ in range(2):
        with desk.expect_response("**/followups/?tab=incomplete**"):
            desk.evaluate("document.body.dispatchEvent(new CustomEvent('followups:poll'))")
    expect(desk.locator("[data-toast]")).to_have_count(1)
    expect(desk.locator("#followups-panel")).to_contain_text("Mia Chen")
    expect(desk.locator("#bell")).to_contain_text("none unread")
    desk.get_by_role("link", name="Load the page again").click()
    expect(desk.locator("#followups-panel")).to_contain_text("Mia Rivalclient")


@pytest.mark.parametrize("ended", ["on the server", "in the browser"])
def test_signed_out_press_offers_the_way_back(desk: Page, live_server, world: World, ended: str) -> None:
    draft = leave(world)
    open_panel(desk, live_server.url)
    if ended == "on the server":
        Session.objects.all().delete()
    else:
        desk.context.clear_cookies()
    desk.locator(f"#remind-{draft.id}").click()
    way = desk.locator("#toasts").get_by_role("link", name="Sign in")
    expect(way).to_have_attribute("href", "/login/?next=%2Fscheduler%2F%3Ffollowups%3Dincomplete")
    expect(desk.locator(f"#card-{draft.id}")).to_be_visible()
    expect(desk.locator("[data-toast]")).to_have_count(1)
