"""`erase_client`: an export for the client, and then nothing of them in either database but the digest of a STOP."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser

from booking.models import KnownDevice, SignInCode
from business import actions as business_actions
from business.access import client_cookie
from business.models import AuditEvent, Channel, ClientSession
from config import erasure
from core import identifiers
from drafts.document import DraftsUnavailable
from followups import tasks
from messaging import outbox
from messaging.models import DemoMessage, Message, State
from messaging.queries import link_by_token
from scheduler.models import Appointment, WaitlistEntry
from tests.integration.test_outbox_queue import queue
from tests.leaving import OVER, leave, mongo_away, switch_on
from tests.world import NOW, World

NOTES = "allergic to zanzibar"
NOA = ("Noa", "Levi", "491570156", "noa@example", "zanzibar")


def dump(mongo) -> str:
    """Both databases as text, whatever order their rows are in."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(sorted(texts + [str(one) for name in mongo.list_collection_names() for one in mongo[name].find()]))


def erase(world: World, path: Path, **changes) -> str:
    out = StringIO()
    call_command("erase_client", **{"business": "bella-hair", "client": world.noa.pk, "export": path, "stdout": out} | changes)
    return out.getvalue()


@pytest.fixture
def noa(world: World, mongo, at, sends) -> str:
    """Noa left at Review, got a reminder, booked once, waits, is signed in and said STOP to SMS. Returns her session's token."""
    switch_on(world.bella, Channel.EMAIL)
    leave(world, world.noa, notes=NOTES)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert [send.recipient for send in sends] == [world.noa.email]
    _code(world)
    token = _session(world)
    Appointment.objects.create(
        business=world.bella, client=world.noa, team_member=world.maya, starts=NOW, ends=NOW + timedelta(hours=1),
        note=NOTES, source="client", confirm_key=uuid4(), created_at=NOW,
    )  # fmt: skip
    WaitlistEntry.objects.create(business=world.bella, client=world.noa, note=NOTES, source="client", created_at=NOW)
    outbox.stop_channel(business=world.bella, channel=Channel.SMS, contact=world.noa.phone, source="stop", now=NOW)
    return token


def _code(world: World) -> None:
    """A code sent to her number, a device that used it, and what the demo's outbox would show."""
    code = outbox.send_code(business=world.bella, phone=world.noa.phone, text="482913", masked="…", now=NOW)
    DemoMessage.objects.create(message_id=code.pk, channel="sms", recipient=world.noa.phone, text="Hi Noa", at=NOW)
    times = {"created_at": NOW, "expires_at": OVER}
    SignInCode.objects.create(business=world.bella, phone=world.noa.phone, challenge_digest="x", code_hash="x", **times)
    KnownDevice.objects.create(business=world.bella, phone=world.noa.phone, digest="x", created_at=NOW)


def _session(world: World) -> str:
    token = identifiers.new_token()
    times = {"created_at": NOW, "expires_at": NOW + timedelta(days=30)}
    kept = {"selection": {"note": NOTES}, "digest": identifiers.digest(token)}
    ClientSession.objects.create(client=world.noa, business=world.bella, **kept, **times)
    return token


def test_nothing_of_the_client_is_left_but_the_stop(world: World, noa: str, mongo, tmp_path) -> None:
    before = dump(mongo)
    assert [word for word in NOA if word not in before] == []
    erase(world, tmp_path / "noa.json")
    after = dump(mongo)
    assert [word for word in NOA if word in after] == []
    assert business_actions.has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact="+61491570156")
    assert (Appointment.objects.get().client_id, str(Appointment.objects.get().client)) == (world.noa.pk, "Erased client")
    assert "Mia" in after


def test_the_export_holds_what_was_stored(world: World, noa: str, mongo, tmp_path) -> None:
    path = tmp_path / "noa.json"
    erase(world, path)
    exported = json.loads(path.read_text())
    assert (exported["client"]["first_name"], exported["client"]["phone"]) == ("Noa", "+61491570156")
    assert exported["unfinished_booking"]["notes"] == NOTES
    assert [one["note"] for one in exported["appointments"] + exported["waitlist"]] == [NOTES, NOTES]
    assert {one["kind"] for one in exported["messages"]} == {"incomplete_reminder", "sign_in_code"}
    assert exported["opted_out"] == ["sms"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_second_run_changes_nothing_and_keeps_the_export(world: World, noa: str, mongo, tmp_path) -> None:
    path = tmp_path / "noa.json"
    erase(world, path)
    exported, after = path.read_text(), dump(mongo)
    assert "nothing to export" in erase(world, path)
    assert (path.read_text(), dump(mongo)) == (exported, after)
    assert AuditEvent.objects.filter(action="client.erased").count() == 1


def test_a_reminder_in_flight_is_cancelled_and_links_and_sessions_end(world: World, noa: str, now, mongo, tmp_path) -> None:
    message = queue(world, now, client=world.noa, recipient=world.noa.phone, dedupe_key="auto:d_2:1:sms", draft_id="d_2")
    token = outbox.mint_link(message=message, services=[], now=now)
    erase(world, tmp_path / "noa.json")
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.CANCELLED, "erased")
    assert link_by_token(token).revoked_at
    browser = Browser()
    browser.cookies[client_cookie(world.bella)] = noa
    assert browser.get("/b/bella-hair/mine/").status_code == 303
    assert WaitlistEntry.objects.get().closed_at


def test_without_mongodb_nothing_is_changed(world: World, noa: str, mongo, tmp_path) -> None:
    before = dump(mongo)
    with mongo_away(), pytest.raises(CommandError, match="nothing was changed"):
        erase(world, tmp_path / "noa.json")
    assert dump(mongo) == before
    assert not (tmp_path / "noa.json").exists()


def test_a_run_that_mongodb_cut_off_is_finished_by_the_next(world: World, noa: str, mongo, tmp_path) -> None:
    with mongo_away(), pytest.raises(DraftsUnavailable):
        erasure.erase(client=world.noa, now=OVER)
    assert NOTES in dump(mongo)
    assert "nothing to export" in erase(world, tmp_path / "noa.json")
    assert [word for word in NOA if word in dump(mongo)] == []


@pytest.mark.parametrize("wrong", [{"business": "rival-cuts"}, {"client": 10**9}, {"business": "nobody"}])
def test_only_a_client_of_this_business(world: World, mongo, tmp_path, wrong: dict) -> None:
    with pytest.raises(CommandError, match="no such client"):
        erase(world, tmp_path / "noa.json", **wrong)


def test_a_file_that_is_there_already_stays(world: World, noa: str, mongo, tmp_path) -> None:
    path = tmp_path / "noa.json"
    path.write_text("mine")
    with pytest.raises(CommandError, match="cannot be written"):
        erase(world, path)
    assert path.read_text() == "mine"
    assert Message.objects.exclude(recipient="").exists()
