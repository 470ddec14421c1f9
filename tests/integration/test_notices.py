"""The bell: rung once per engagement, read per person, seen only with Manage Waitlist."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.test import Client as Browser

from drafts import actions
from messaging import outbox, queries
from messaging.models import StaffNotice
from messaging.outbox import Notice
from tests.leaving import OVER, leave, mongo_away, selection
from tests.world import PASSWORD, World


def ring(world: World, now, *items: tuple[str, int]) -> int:
    return outbox.notify_staff(
        items=[Notice(world.bella.pk, world.mia.pk, draft, engagement, now + timedelta(days=1)) for draft, engagement in items], now=now
    )


@pytest.mark.s("S26")
def test_one_ring_per_draft_and_engagement(world: World, now) -> None:
    assert ring(world, now, ("d_1", 1), ("d_2", 1)) == 2
    assert ring(world, now, ("d_1", 1), ("d_1", 2)) == 1
    assert outbox.notify_staff(items=[], now=now) == 0
    assert StaffNotice.objects.count() == 3


def test_a_client_who_is_gone_or_foreign_does_not_stop_the_others(world: World, now) -> None:
    items = [
        Notice(world.bella.pk, 999_999, "d_1", 1, None),
        Notice(world.bella.pk, world.rival_mia.pk, "d_2", 1, None),
        Notice(world.bella.pk, world.mia.pk, "d_3", 1, None),
    ]
    assert outbox.notify_staff(items=items, now=now) == 1
    assert StaffNotice.objects.get().draft_id == "d_3"


def test_the_page_names_client_time_and_the_way(rita: Browser, world: World, now, at) -> None:
    ring(world, now, ("d_1", 1))
    at(now + timedelta(minutes=14, seconds=5))
    page = rita.get("/notices/").content.decode()
    assert "Mia Chen</strong> left a booking unfinished" in page
    assert "Thu 26 Nov, 09:00" in page
    assert "14 min ago" in page
    assert "1 unread" in page


@pytest.mark.s("S26", "S37")
def test_review_marks_the_notice_read_and_leads_to_its_card(rita: Browser, world: World, mongo, at) -> None:
    draft = leave(world)
    at(OVER)
    ring(world, OVER, (draft.id, 1))
    path = f"/notices/{StaffNotice.objects.get().pk}/read/"
    page = rita.get("/notices/").content.decode()
    assert f'action="{path}"' in page
    assert 'name="then" value="review"' in page
    assert rita.post(path, {"then": "review"})["Location"] == f"/scheduler/?followups=incomplete&card={draft.id}"
    assert queries.unread_count(business=world.bella, user=world.rita, now=OVER) == 0


@pytest.mark.parametrize("what", ["Over after 24 hours", "Dismissed", "Back on Review", "Review"])
def test_a_notice_says_what_became_of_its_booking(rita: Browser, world: World, mongo, at, what: str) -> None:
    draft = leave(world)
    at(OVER)
    ring(world, OVER, ("d_1" if what.startswith("Over") else draft.id, 1))
    if what == "Dismissed":
        rita.post(f"/followups/{draft.id}/dismiss/", {"engagement": 1})
    if what == "Back on Review":
        actions.start_review(business_id=world.bella.pk, client_id=world.mia.pk, flow=draft.flow, selection=selection(world), now=OVER)
    with mongo_away() if what == "Review" else nullcontext():
        page = rita.get("/notices/").content.decode()
    assert (f">{what}</span>" in page) != (what == "Review")
    assert ('value="review"' in page) == (what == "Review")


def test_the_bell_alone_follows_the_number(rita: Browser, world: World, now, at) -> None:
    at(now)
    ring(world, now, ("d_1", 1))
    answer = rita.get("/notices/bell/", headers={"HX-Request": "true"}).content.decode()
    assert answer.startswith("<a")
    assert "Notifications, 1 unread" in answer


def test_reading_one_and_all(rita: Browser, world: World, now, at) -> None:
    at(now)
    ring(world, now, ("d_1", 1), ("d_2", 1))
    notice = StaffNotice.objects.first()
    assert rita.post(f"/notices/{notice.pk}/read/").status_code == 302
    rita.post(f"/notices/{notice.pk}/read/")
    assert queries.unread_count(business=world.bella, user=world.rita, now=now) == 1
    assert queries.unread_count(business=world.bella, user=world.olga, now=now) == 2
    rita.post("/notices/read/")
    assert queries.unread_count(business=world.bella, user=world.rita, now=now) == 0
    assert [one.is_read for one in queries.notices(business=world.bella, user=world.rita, limit=9, now=now)] == [True, True]


def test_the_popover_gets_the_list_alone(rita: Browser, world: World, now, at) -> None:
    at(now)
    ring(world, now, *[(f"d_{number}", 1) for number in range(10)])
    answer = rita.get("/notices/?popover", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert page.count("left a booking unfinished") == 8
    read = rita.post("/notices/read/?popover", headers={"HX-Request": "true"})
    assert read.headers["HX-Trigger"] == "notices:changed"


def test_reading_by_get_changes_nothing(rita: Browser, world: World, now) -> None:
    ring(world, now, ("d_1", 1))
    rita.get("/notices/")
    assert rita.get("/notices/read/").status_code == 405
    assert queries.unread_count(business=world.bella, user=world.rita, now=now) == 1


@pytest.mark.s("S76", "S77")
@pytest.mark.parametrize("path", ["/notices/", "/notices/?popover"])
def test_without_manage_waitlist_there_is_no_bell(world: World, client: Browser, path: str, now) -> None:
    ring(world, now, ("d_1", 1))
    client.login(username="tom", password=PASSWORD)
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Mia" not in answer.content.decode()
    assert client.post("/notices/read/").status_code == 403


def test_another_businesss_notice_is_not_found_and_not_read(world: World, client: Browser, now) -> None:
    ring(world, now, ("d_1", 1))
    notice = StaffNotice.objects.get()
    client.login(username="rex", password=PASSWORD)
    assert "Mia" not in client.get("/notices/").content.decode()
    assert client.post(f"/notices/{notice.pk}/read/").status_code == client.post("/notices/999999/read/").status_code == 404
    assert not notice.reads.exists()


def test_the_number_of_queries_does_not_grow(rita: Browser, world: World, now, at, django_assert_max_num_queries) -> None:
    at(now)
    ring(world, now, ("d_1", 1))
    rita.get("/")  # keeps her session alive for the next minutes
    with django_assert_max_num_queries(12):
        rita.get("/notices/")
    ring(world, now, *[(f"d_{number}", 2) for number in range(30)])
    with django_assert_max_num_queries(12):
        rita.get("/notices/")


def test_an_empty_bell_says_when_it_rings(rita: Browser) -> None:
    assert "ten minutes after a client stops at Review" in rita.get("/notices/").content.decode()
