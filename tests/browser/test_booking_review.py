"""Review & Book in a browser: the countdown from ten minutes to its end, the quiet check, the note, and Confirm pressed twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from scheduler.models import Appointment
from tests.browser.walk import address, press, reach_review, sign_in
from tests.visits import OTHER_FLOW, haircut, take
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def travel(page: Page, at, world: World, mongo):
    """Server and browser stand at the same moment, and go to another one together. A slow page takes none of the ten minutes."""
    at(NOW)
    page.clock.install(time=NOW - timedelta(minutes=1))
    page.clock.pause_at(NOW)
    passed = timedelta(0)

    def go(to: timedelta) -> None:
        nonlocal passed
        at(NOW + to)
        page.clock.fast_forward(int((to - passed).total_seconds() * 1000))
        passed = to

    return go


@pytest.mark.s("S11", "S12", "S13", "S20")
def test_countdown_goes_from_amber_to_red(page: Page, live_server, world: World, travel, complaints) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    banner = page.locator("#countdown")
    expect(banner).to_contain_text("Finish booking in")
    expect(page.get_by_role("timer")).to_have_text("10:00")
    assert banner.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 243, 214)"
    expect(page.get_by_role("button", name="I need more time")).to_be_hidden()
    travel(timedelta(seconds=18))
    expect(page.get_by_role("timer")).to_have_text("9:42")
    travel(timedelta(minutes=8, seconds=2))
    expect(banner).to_contain_text("Finish booking in 1:58, almost out of time")
    assert banner.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 229, 229)"
    expect(page.get_by_role("button", name="I need more time")).to_be_visible()
    assert complaints == []


@pytest.mark.s("S13")
def test_milestones_are_spoken_and_seconds_are_not(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    spoken = page.locator("#countdown-spoken")
    expect(spoken).to_have_text("")
    for left, words in ((300, "5 minutes left"), (120, "2 minutes left"), (60, "1 minute left"), (30, "30 seconds left")):
        travel(timedelta(seconds=600 - left - 5))
        travel(timedelta(seconds=600 - left + 1))
        expect(spoken).to_contain_text(words)
        travel(timedelta(seconds=600 - left + 5))
        expect(spoken).to_contain_text(words)
    assert spoken.get_attribute("role") == "status"


@pytest.mark.s("D2")
def test_more_time_brings_ten_fresh_minutes(page: Page, live_server, world: World, travel, mongo) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    travel(timedelta(minutes=9))
    page.get_by_role("button", name="I need more time").click()
    expect(page.get_by_role("timer")).to_have_text("10:00")
    assert mongo.booking_drafts.find_one({})["engagement"] == 1


@pytest.mark.s("D2", "S20")
def test_reload_keeps_the_countdown(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    travel(timedelta(minutes=4))
    page.reload()
    expect(page.get_by_role("timer")).to_have_text("6:00")


@pytest.mark.s("S14", "D3")
def test_end_offers_to_keep_the_time_or_pick_a_new_one(page: Page, live_server, world: World, travel, complaints) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    travel(timedelta(minutes=10, seconds=1))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your review time ran out. We kept your choices.")
    expect(dialog).to_contain_text("may be taken by someone else")
    expect(dialog.get_by_role("link", name="Pick a new time")).to_be_visible()
    dialog.get_by_role("button", name="Keep this time").click()
    expect(page.get_by_role("timer")).to_have_text("10:00")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert complaints == []


@pytest.mark.s("S14")
def test_end_with_the_time_taken_offers_a_new_one_only(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world, member=world.maya.pk))
    take(world, world.maya)
    travel(timedelta(minutes=10, seconds=1))
    expect(page.get_by_role("dialog")).to_contain_text("Your time isn't free any more")
    expect(page.get_by_role("button", name="Keep this time")).to_be_hidden()
    page.get_by_role("link", name="Pick a new time").click()
    expect(page.get_by_role("heading", name="10:00 is no longer free")).to_be_visible()


@pytest.mark.s("D3")
def test_confirm_stays_possible_after_the_end(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    travel(timedelta(minutes=12))
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.count() == 1


@pytest.mark.s("S15", "S18")
def test_time_taken_by_somebody_else_is_said_without_a_press(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world, member=world.maya.pk))
    expect(page.locator("#taken")).to_be_hidden()
    take(world, world.maya)
    travel(timedelta(seconds=21))
    expect(page.locator("#taken")).to_contain_text("Thu 26 Nov, 10:00 isn't free any more")


@pytest.mark.s("S16", "S17", "S18")
@pytest.mark.usefixtures("travel")
def test_two_phones_on_one_time_each_count_down_and_one_wins(page: Page, browser, live_server, world: World) -> None:
    sign_in(page.context, live_server.url, world.mia)
    other = browser.new_context(viewport={"width": 390, "height": 844})
    sign_in(other, live_server.url, world.noa)
    second = other.new_page()
    reach_review(page, live_server.url, haircut(world, member=world.maya.pk))
    reach_review(second, live_server.url, haircut(world, member=world.maya.pk, flow=OTHER_FLOW))
    for one in (page, second):
        expect(one.get_by_role("timer")).to_be_visible()
    press(second, "Confirm")
    expect(second.get_by_role("heading", name="You're booked")).to_be_visible()
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="That time isn't free any more")).to_be_visible()
    page.wait_for_url("**/review/**")  # the answer to a press has an address that Back may ask for
    page.get_by_role("link", name="Put me on the waitlist for this time").click()
    expect(page.get_by_role("heading", name="Tell me if a time opens")).to_be_visible()
    page.go_back()
    expect(page.locator("#taken")).to_contain_text("Thu 26 Nov, 10:00 isn't free any more")
    page.locator(".nearest-time").first.click()
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.count() == 2
    other.close()


@pytest.mark.s("D1", "D2")
@pytest.mark.usefixtures("travel")
def test_deep_link_starts_the_countdown_by_itself(page: Page, live_server, world: World, mongo, complaints) -> None:
    sign_in(page.context, live_server.url, world.mia)
    page.goto(address(live_server.url, "review", haircut(world)))
    expect(page.get_by_role("timer")).to_have_text("10:00")
    assert mongo.booking_drafts.count_documents({"status": "reviewing"}) == 1
    assert complaints == []


def test_note_is_saved_when_it_changes(page: Page, live_server, world: World, travel, mongo) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    note = page.get_by_label("Anything we should know?")
    with page.expect_response("**/review/") as saved:
        note.fill("Side door")
        note.blur()
    assert saved.value.status == 204
    assert mongo.booking_drafts.find_one({})["selection"]["notes"] == "Side door"
    expect(page.locator("[data-note-left]")).to_have_text("491 characters left.")
    page.reload()
    expect(note).to_have_value("Side door")


def test_confirm_pressed_twice_is_one_booking(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    page.locator("#confirm-form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.count() == 1
    page.go_back()
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Appointment.objects.count() == 1


def test_back_to_time_and_forward_again_keeps_one_flow(page: Page, live_server, world: World, travel, mongo) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, replace(haircut(world), flow=None))
    page.get_by_role("link", name="Change day and time").click()
    expect(page.locator(".time-input:checked")).to_have_value("2026-11-25T23:00Z")
    press(page, "Continue")
    expect(page.get_by_role("timer")).to_be_visible()
    draft = mongo.booking_drafts.find_one({})
    assert draft["flow"] in page.url
    assert draft["engagement"] == 1


@pytest.mark.s("S13")
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_page_does_not_move_when_the_banner_turns_red(page: Page, live_server, world: World, travel, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    before = page.locator("#countdown").bounding_box()
    travel(timedelta(minutes=9))
    expect(page.locator("#countdown")).to_contain_text("almost out of time")
    after = page.locator("#countdown").bounding_box()
    assert abs(after["height"] - before["height"]) <= 1
    travel(timedelta(minutes=10, seconds=1))
    assert abs(page.locator("#countdown").bounding_box()["height"] - before["height"]) <= 1


def test_confirm_that_was_stopped_on_its_way_can_be_pressed_again(page: Page, live_server, world: World, travel) -> None:
    sign_in(page.context, live_server.url, world.mia)
    reach_review(page, live_server.url, haircut(world))
    page.route("**/confirm/", lambda route: route.abort("aborted"), times=1)
    with page.expect_event("requestfailed"):
        press(page, "Confirm")
    expect(page.locator("#confirm-form")).to_have_attribute("aria-busy", "true")
    travel(timedelta(seconds=9))
    expect(page.locator("#confirm-form")).not_to_have_attribute("aria-busy", "true")
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
