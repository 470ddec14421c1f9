"""New appointment, change and cancel by staff: everything typed is kept, nobody is booked twice, and only at home (S43, D15)."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from django.urls import reverse

from business.models import AuditEvent, Client, Service, TeamMember
from scheduler.models import Appointment, TimeOff
from tests.integration.test_free_times import WEDNESDAY, appointment, at
from tests.world import NOW

NEW = reverse("scheduler:new")
KEY = "0190a000-0000-4000-8000-000000000009"


@pytest.fixture(autouse=True)
def _at_now(at):
    at(NOW)


def filled(world, /, **changes) -> dict[str, object]:
    return {
        "client": world.mia.pk,
        "service": [world.cut.pk],
        "person": world.maya.pk,
        "day": "2026-11-25",
        "time": "11:00",
        "note": "Window seat",
        "key": KEY,
    } | changes


def text_of(answer) -> str:
    return unescape(answer.content.decode())


def send(browser, world, url: str = NEW, /, **changes):
    return browser.post(url, filled(world, **changes))


def test_the_form_opens_with_what_the_address_says(rita, world):
    text = text_of(rita.get(NEW, {"day": "2026-11-26", "time": "10:15", "person": world.tom_member.pk}))
    assert 'value="2026-11-26"' in text
    assert 'value="10:15"' in text
    assert f'<option value="{world.tom_member.pk}" selected>' in text
    assert "Colour, Long hair · 2 h · $160.00" in text
    assert "Rival cut" not in text


def test_saving_books_and_returns_to_the_day(rita, world):
    answer = send(rita, world, time="10:30", service=[f"{world.colour.pk}.{world.colour_short.pk}", world.toner.pk, ""])
    booked = Appointment.objects.get()
    assert answer["Location"] == f"{reverse('scheduler:day')}?day=2026-11-25#appointment-{booked.pk}"
    assert (booked.client, booked.team_member, booked.starts, booked.note) == (world.mia, world.maya, at(WEDNESDAY, 10, 30), "Window seat")
    assert (booked.source, booked.booked_by, booked.confirm_key) == ("staff", world.rita, UUID(KEY))
    assert [line.variant_name for line in booked.lines.all()] == ["Short hair", ""]
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.actor) == ("appointment.booked", str(booked.pk), world.rita)


def test_a_second_press_finds_the_first_appointment(rita, world):
    first, second = send(rita, world), send(rita, world)
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1


def test_a_new_client_comes_with_the_appointment(rita, world):
    who = {"client": "new", "first_name": "Ada", "last_name": "Stone", "phone": "0491 570 157", "email": "ada@Example.com"}
    assert send(rita, world, **who).status_code == send(rita, world, **who).status_code == 302
    ada = Appointment.objects.get().client
    assert (ada.phone, ada.email, ada.phone_verified_at, str(ada)) == ("+61491570157", "ada@example.com", None, "Ada Stone")


def test_a_new_client_without_phone_pressed_twice_is_one_client(rita, world):
    who = {"client": "new", "first_name": "Ada"}
    assert send(rita, world, **who).status_code == send(rita, world, **who).status_code == 302
    assert Client.objects.filter(first_name="Ada").count() == Appointment.objects.count() == 1


def test_a_conflict_leaves_no_new_client_behind(rita, world):
    appointment(world, world.maya, at(WEDNESDAY, 11))
    answer = send(rita, world, client="new", first_name="Ada")
    assert answer.status_code == 409
    assert not Client.objects.filter(first_name="Ada").exists()
    assert 'value="Ada"' in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client": ""}, "Search for the client"),
        ({"client": "999999999999999999999"}, "Search for the client"),
        ({"client": "new"}, "Enter the client's first name."),
        ({"client": "new", "first_name": "Ada", "phone": "12"}, "This number does not exist"),
        ({"client": "new", "first_name": "Ada", "phone": "0491 570 006"}, "This is the number of Mia Chen"),
        ({"client": "new", "first_name": "Ada", "email": "nope"}, "like name@example.com"),
        ({"service": [""]}, "Choose at least one service."),
        ({"service": ["x"]}, "Choose the services from the list."),
        ({"service": ["1"] * 21}, "up to 20 services"),
        ({"service": ["99999999999999999999"]}, "cannot be booked like this"),
        ({"person": ""}, "Choose who does it."),
        ({"person": "7777"}, "Choose one of the team."),
        ({"day": ""}, "Choose a date."),
        ({"day": "soon"}, "Write the date as"),
        ({"day": "9999-12-31"}, "within two years"),
        ({"time": "25:00"}, "Write the time as"),
        ({"day": "2027-10-03", "time": "02:30"}, "does not exist"),
        ({"note": "n" * 501}, "up to 500"),
        ({"key": "x"}, "look at what is marked"),
    ],
)
def test_what_is_missing_is_said_and_everything_is_kept(rita, world, changes, words):
    answer = send(rita, world, **changes)
    text = text_of(answer)
    assert answer.status_code == 422
    assert words in text
    assert "Not saved yet" in text
    assert not Appointment.objects.exists()
    if "note" not in changes:
        assert "Window seat</textarea>" in text


@pytest.mark.parametrize("thing", ["client", "service", "person"])
def test_what_belongs_to_the_rival_is_as_if_it_were_not_there(rita, world, thing):
    foreign = {"client": world.rival_mia.pk, "service": [world.rival_cut.pk], "person": world.rival_member.pk}[thing]
    missing = [999999] if thing == "service" else 999999
    one, other = send(rita, world, **{thing: foreign}), send(rita, world, **{thing: missing})
    assert one.status_code == other.status_code == 422
    assert "Rival" not in text_of(one)
    assert not Appointment.objects.exists()


def test_a_taken_time_is_409_with_the_nearest_times_one_press_each(rita, world):
    appointment(world, world.maya, at(WEDNESDAY, 11), client=world.noa)
    answer = send(rita, world)
    text = text_of(answer)
    assert answer.status_code == 409
    assert "Maya has Noa Levi from 11:00 to 11:45." in text
    assert "Window seat</textarea>" in text
    nearest = re.findall(r'name="at" value="([^"]+)">Book ([^<]+)<', text)
    assert len(nearest) == 3
    value, label = nearest[-1]
    assert label == "Wed 25 Nov, 11:45 with Maya"
    assert send(rita, world, at=value).status_code == 302
    assert Appointment.objects.get(client=world.mia).starts == at(WEDNESDAY, 11, 45)


def test_outside_hours_asks_first_and_then_books(rita, world):
    answer = send(rita, world, time="19:00")
    assert answer.status_code == 422
    assert "Maya does not work then." in text_of(answer)
    assert 'name="anyway"' in text_of(answer)
    assert send(rita, world, time="19:00", anyway="1").status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time": "08:00"}, "does not work then"),
        ({"day": "2026-11-24"}, "This time has passed."),
        ({"time": "12:00"}, "does not work then"),
    ],
)
def test_warnings_name_the_reason(rita, world, changes, words):
    assert words in text_of(send(rita, world, **changes))


def test_time_off_and_missing_skill_are_warnings_too(rita, world):
    TimeOff.objects.create(team_member=world.tom_member, starts=at(WEDNESDAY, 9), ends=at(WEDNESDAY, 17))
    answer = send(rita, world, person=world.tom_member.pk, service=[f"{world.colour.pk}.{world.colour_short.pk}"])
    assert "Tom does not usually do Colour. Tom does not work then." in text_of(answer)


@pytest.mark.parametrize("anyway", ["1", ""])
def test_anyway_never_books_over_an_appointment(rita, world, anyway):
    appointment(world, world.maya, at(WEDNESDAY, 19))
    answer = send(rita, world, time="19:00", anyway=anyway)
    assert answer.status_code == 409
    assert "Maya has Mia Chen from 19:00 to 19:45." in text_of(answer)


@pytest.mark.parametrize("typed", ["mi", "chen", "Mia Ch", "0491 570 006", "mia@example.com"])
def test_clients_are_found_by_name_phone_or_email_and_nothing_is_saved(rita, world, typed):
    text = text_of(send(rita, world, do="find", find=typed, client=""))
    assert f'value="{world.mia.pk}"' in text
    assert "Noa Levi" not in text
    assert "Rivalclient" not in text
    assert "Window seat</textarea>" in text
    assert "Not saved yet" not in text
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("sent", [{"find": "Mi\0a"}, {"find": "\0"}, {"client": "9" * 5000}, {"client": "9" * 19}])
@pytest.mark.parametrize("do", ["find", ""])
@pytest.mark.parametrize("form", ["scheduler:new", "followups:waitlist-add"])
def test_what_no_search_can_take_is_no_failure(rita, world, form, do, sent):
    answer = send(rita, world, reverse(form), **({"client": "", "do": do} | sent))
    assert answer.status_code == (200 if do else 422)
    assert Appointment.objects.count() == 0


def test_nobody_found(rita, world):
    assert "Nobody is called “zzz” yet." in text_of(send(rita, world, do="find", find="zzz", client=""))


def test_add_gives_one_more_service_and_keeps_the_rest(rita, world):
    text = text_of(send(rita, world, do="add"))
    assert text.count('name="service"') == 2
    assert f'<option value="{world.cut.pk}" selected>' in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Maya is free then, until 11:45."),
        ({"time": "10:15"}, "Maya has Noa Levi from 10:00 to 10:45."),
        ({"time": "20:00"}, "Maya does not work then."),
        ({"person": ""}, "Free: Maya, Tom."),
    ],
)
def test_check_says_what_is_in_the_way_before_saving(rita, world, changes, words):
    appointment(world, world.maya, at(WEDNESDAY, 10), client=world.noa)
    assert words in text_of(send(rita, world, do="check", **changes))


@pytest.mark.parametrize("changes", [{"time": ""}, {"person": "", "service": []}, {"person": "7777"}])
def test_check_says_nothing_while_too_little_is_chosen(rita, world, changes):
    told = re.search(r'id="availability"[^>]*>(.*?)</div>', text_of(send(rita, world, do="check", **changes)), re.DOTALL)
    assert told.group(1).strip() == ""


def test_check_offers_the_nearest_times_and_forgets_the_tick(rita, world):
    appointment(world, world.maya, at(WEDNESDAY, 10), client=world.noa)
    assert len(re.findall(r'name="at" value="', text_of(send(rita, world, do="check", time="10:15")))) == 3
    text = text_of(send(rita, world, do="check", time="20:00", anyway="1"))
    assert 'name="anyway" value="1">' in text


# Change and cancel


@pytest.fixture
def booked(rita, world):
    send(rita, world)
    return Appointment.objects.get()


def test_the_edit_form_shows_what_is_booked(rita, world, booked):
    text = text_of(rita.get(reverse("scheduler:edit", args=[booked.pk])))
    assert "Mia Chen" in text
    assert "0491 570 006" in text
    assert 'value="11:00"' in text
    assert f'<option value="{world.cut.pk}" selected>' in text


def test_moving_keeps_services_as_booked_whatever_the_catalogue_says(rita, world, booked):
    Service.objects.filter(pk=world.cut.pk).update(price_minor=9900, duration_min=60, archived_at=NOW)
    edit = reverse("scheduler:edit", args=[booked.pk])
    assert "As booked" in text_of(rita.get(edit))
    assert send(rita, world, edit, time="14:00", person=world.tom_member.pk, note="Later").status_code == 302
    moved = Appointment.objects.get()
    assert (moved.team_member, moved.starts, moved.ends, moved.note) == (
        world.tom_member,
        at(WEDNESDAY, 14),
        at(WEDNESDAY, 14, 45),
        "Later",
    )
    assert moved.lines.get().price_minor == 6200
    assert AuditEvent.objects.filter(action="appointment.changed", object_id=str(moved.pk), actor=world.rita).count() == 1


def test_changing_services_takes_todays_prices(rita, world, booked):
    assert send(rita, world, reverse("scheduler:edit", args=[booked.pk]), service=[world.toner.pk]).status_code == 302
    assert [line.name for line in booked.lines.all()] == ["Toner"]
    assert Appointment.objects.get().ends == at(WEDNESDAY, 11, 30)


def test_moving_within_its_own_time_is_no_conflict_but_onto_another_is(rita, world, booked):
    appointment(world, world.maya, at(WEDNESDAY, 13), client=world.noa)
    edit = reverse("scheduler:edit", args=[booked.pk])
    assert send(rita, world, edit, time="11:15").status_code == 302
    assert send(rita, world, edit, time="13:00").status_code == 409
    assert Appointment.objects.get(pk=booked.pk).starts == at(WEDNESDAY, 11, 15)


def test_only_the_note_of_a_running_appointment_can_change_without_a_warning(rita, world, booked, at):
    at(NOW + timedelta(hours=2, minutes=10))
    assert send(rita, world, reverse("scheduler:edit", args=[booked.pk]), note="Came late").status_code == 302


def test_a_member_who_left_can_keep_the_appointment(rita, world, booked):
    TeamMember.objects.filter(pk=world.maya.pk).update(bookable=False)
    text = text_of(rita.get(reverse("scheduler:edit", args=[booked.pk])))
    assert f'<option value="{world.maya.pk}" selected>' in text


def test_cancel_frees_the_time_once(rita, world, booked):
    cancel = reverse("scheduler:cancel", args=[booked.pk])
    assert rita.get(cancel).status_code == 405
    assert rita.post(cancel).status_code == rita.post(cancel).status_code == 302
    booked.refresh_from_db()
    assert (booked.status, AuditEvent.objects.filter(action="appointment.cancelled").count()) == ("cancelled", 1)
    assert "It can be read, not changed." in text_of(rita.get(reverse("scheduler:edit", args=[booked.pk])))
    refused = send(rita, world, reverse("scheduler:edit", args=[booked.pk]), time="15:00")
    assert refused.status_code == 422
    assert "This appointment is cancelled." in text_of(refused)


def test_what_is_over_cannot_be_cancelled(rita, world, booked):
    Appointment.objects.update(status="completed")
    answer = rita.post(reverse("scheduler:cancel", args=[booked.pk]), follow=True)
    assert "cannot be cancelled any more" in text_of(answer)


@pytest.mark.parametrize("name", ["edit", "cancel"])
def test_the_rival_sees_the_same_404_as_for_nothing(client, world, booked, name):
    client.force_login(world.rex)
    foreign, missing = (client.post(reverse(f"scheduler:{name}", args=[pk])) for pk in (booked.pk, 999999))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert Appointment.objects.get().status == "booked"


def test_get_changes_nothing_and_strangers_stay_outside(client, world, rita):
    before = Appointment.objects.count(), Client.objects.count(), AuditEvent.objects.count()
    rita.get(NEW, {"client": world.mia.pk, "do": "find"})
    assert (Appointment.objects.count(), Client.objects.count(), AuditEvent.objects.count()) == before
    rita.logout()
    assert client.get(NEW)["Location"].startswith("/login/")
    assert client.post(NEW, filled(world))["Location"].startswith("/login/")
