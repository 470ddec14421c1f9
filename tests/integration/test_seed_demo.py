"""The demo's data: two salons that look lived in, drafts in every state, and a second run that changes nothing."""

import re
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, override_settings

from business.models import AuditEvent, Business, Category, Client, Service, TeamMember
from config.demo import days, diary, house
from config.demo.bella import BELLA
from core import clock, contact, mongo
from drafts import queries, store
from drafts.document import DraftState
from messaging.models import AutomatedMessage, DemoMessage, Message, ResumeLink, StaffNotice, State
from scheduler.models import Appointment, WaitlistEntry

pytestmark = pytest.mark.django_db
DEMO_TRANSPORTS = dict.fromkeys(("sms", "email"), "messaging.demo_outbox.DemoOutbox")
FREE_FOR_TRYING = ("0491 570 006", "0491 570 156", "0491 578 888")


@pytest.fixture
def demo(settings, mongo, at):
    """The demo at this moment, which stands: a second seeding is not tomorrow's, however late it is."""
    at(clock.now())
    settings.DEMO = True
    settings.MESSAGING_TRANSPORTS = DEMO_TRANSPORTS


@pytest.fixture
def bella(demo):
    seed()
    return Business.objects.get(slug="bella-hair")


def seed(**options):
    said = StringIO()
    call_command("seed_demo", stdout=said, **options)
    return said.getvalue()


def draft_of(business, name):
    client = next(client for client in Client.objects.filter(business=business) if str(client) == name)
    return queries.for_client(business_id=business.pk, client_id=client.pk, now=clock.now())


def plan(salon, now):
    return [planned.appointment for planned in days._Weeks(salon, diary.Diary(salon, busy=[]), now).plan()]


@override_settings(DEMO=True, MESSAGING_TRANSPORTS=DEMO_TRANSPORTS)
class TestSeeded(TestCase):
    """Looks at one seeding, which every test here shares."""

    @classmethod
    def setUpTestData(cls):
        store.ensure_indexes()
        mongo.database().booking_drafts.delete_many({})
        cls.now = clock.now()
        seed(now=cls.now.isoformat())
        cls.bella = Business.objects.get(slug="bella-hair")

    @classmethod
    def tearDownClass(cls):
        mongo.database().booking_drafts.delete_many({})
        super().tearDownClass()

    def test_menu_team_and_clients_have_the_promised_size(self):
        offered = Service.objects.filter(business=self.bella, archived_at=None)
        assert offered.count() >= 14
        assert Category.objects.filter(business=self.bella).count() == 4
        assert offered.filter(variants__isnull=False).distinct().count() * 3 >= offered.count()
        team = TeamMember.objects.filter(business=self.bella).prefetch_related("hours", "services")
        assert len(team) == 5
        assert len({tuple(str(hours) for hours in member.hours.all()) for member in team}) == 5
        assert len({frozenset(service.pk for service in member.services.all()) for member in team}) == 5
        assert 55 <= Client.objects.filter(business=self.bella).count() <= 70

    def test_every_day_of_eight_weeks_is_lived_in(self):
        today = self.now.astimezone(self.bella.zone).date()
        rows = Appointment.objects.filter(business=self.bella).exclude(status=Appointment.Status.CANCELLED)
        lived = Counter(row.starts.astimezone(self.bella.zone).date() for row in rows)
        assert all(lived[today + timedelta(days=ahead)] for ahead in range(-28, 29))
        assert not Appointment.objects.filter(ends__lte=self.now, status=Appointment.Status.BOOKED).exists()
        assert {"cancelled", "no_show", "completed", "booked"} <= set(Appointment.objects.values_list("status", flat=True))
        assert not Appointment.objects.filter(created_at__gt=self.now).exists()

    def test_two_seeds_of_one_moment_agree(self):
        """What looks like chance falls the same way each time."""
        salon = house.load(BELLA)
        plans = [[(row.client_id, row.starts) for row in plan(salon, self.now)] for _ in range(2)]
        assert plans[0] == plans[1]
        assert len(plans[0]) > 500

    def test_drafts_stand_in_every_state(self):
        ending = draft_of(self.bella, "Sophie Nguyen")
        assert ending.is_live(now=self.now)
        assert ending.review_expires_at - self.now < timedelta(seconds=41)
        waiting = draft_of(self.bella, "Priya Sharma")
        assert (waiting.bell.state, waiting.reminder.state, waiting.reminder.reason) == ("done", "skipped", "preference_off")
        assert waiting.selection.team_member_id is None
        assert draft_of(self.bella, "Jack Wilson").status is DraftState.DISMISSED
        assert draft_of(self.bella, "Zara Haddad").status is DraftState.CONVERTED
        assert queries.waiting_count(business_id=self.bella.pk, now=self.now) == 4
        assert queries.violations() == []

    def test_time_of_one_draft_is_taken_and_a_service_of_another_is_archived(self):
        taken = draft_of(self.bella, "Liam O'Connor").selection
        assert Appointment.objects.filter(team_member_id=taken.team_member_id, starts=taken.start_at, status="booked").count() == 1
        chosen = [line.service_id for line in draft_of(self.bella, "Grace Kim").selection.services]
        assert Service.objects.filter(pk__in=chosen).exclude(archived_at=None).count() == 1

    def test_every_incomplete_draft_rang_once_and_reminders_went_to_the_outbox(self):
        assert StaffNotice.objects.filter(business=self.bella).count() == 6
        assert set(Message.objects.values_list("state", flat=True)) == {State.SENT, State.SKIPPED}
        assert DemoMessage.objects.count() == ResumeLink.objects.count() == Message.objects.filter(state=State.SENT).count()
        assert AutomatedMessage.objects.filter(business=self.bella, enabled=True).count() == 2

    def test_link_in_the_outbox_opens_the_booking(self):
        chloe = draft_of(self.bella, "Chloe Bennett")
        sms = Message.objects.get(draft_id=chloe.id, channel="sms")
        path = re.search(r"/r/[\w-]{22}/", DemoMessage.objects.get(message_id=sms.pk).text).group()
        page = self.client.get(path)
        assert page.status_code == 200
        assert "Chloe" in page.content.decode()

    @pytest.mark.s("S57", "S78")
    def test_juniper_shares_nobody_and_keeps_reminders_off(self):
        juniper = Business.objects.get(slug="juniper")
        assert (juniper.currency, juniper.timezone) != (self.bella.currency, self.bella.timezone)
        assert not AutomatedMessage.objects.filter(business=juniper).exists()
        names = [set(Client.objects.filter(business=one).values_list("last_name", flat=True)) for one in (self.bella, juniper)]
        assert not names[0] & names[1]
        assert queries.waiting_count(business_id=juniper.pk, now=self.now) == 1
        assert WaitlistEntry.objects.filter(business=self.bella).count() >= 2

    def test_staff_can_sign_in(self):
        for username in ("owner", "receptionist", "stylist", "rival"):
            assert self.client.login(username=username, password=settings.DEMO_PASSWORD)
        assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["owner"]
        assert not User.objects.get(username="stylist").memberships.get().manage_waitlist

    def test_numbers_for_trying_belong_to_nobody(self):
        for number in FREE_FOR_TRYING:
            assert not Client.objects.filter(phone=contact.to_e164(number, region="AU")).exists()


def test_second_run_changes_nothing(bella):
    before = Appointment.objects.count(), Message.objects.count(), StaffNotice.objects.count()
    assert "already there" in seed()
    assert (Appointment.objects.count(), Message.objects.count(), StaffNotice.objects.count()) == before


def test_run_cut_off_among_the_drafts_is_finished_by_the_next(bella, mongo):
    AuditEvent.objects.filter(action="demo.seeded").delete()
    mongo.booking_drafts.delete_one({"_id": draft_of(bella, "Sophie Nguyen").id})
    before = Appointment.objects.count()
    assert "written" in seed()
    assert draft_of(bella, "Sophie Nguyen") is not None
    assert Appointment.objects.count() == before
    assert "already there" in seed()


def test_a_later_day_brings_new_drafts_days_and_wishes(demo):
    now = clock.now()
    seed(now=(now - timedelta(days=9)).isoformat())
    bella = Business.objects.get(slug="bella-hair")
    last_day = (now.astimezone(bella.zone) + timedelta(weeks=4)).date()
    wish = WaitlistEntry.objects.get(client__first_name="Amelia")
    assert draft_of(bella, "Chloe Bennett") is None

    assert "up to today" in seed(now=now.isoformat())

    assert queries.waiting_count(business_id=bella.pk, now=now) == 4
    assert draft_of(bella, "Chloe Bennett").reminder.state == "handed"
    assert draft_of(bella, "Chloe Bennett").selection.start_at > now
    days_ahead = {row.starts.astimezone(bella.zone).date() for row in Appointment.objects.filter(business=bella, starts__gt=now)}
    assert {last_day - timedelta(days=ago) for ago in range(7)} <= days_ahead
    assert not WaitlistEntry.objects.filter(pk=wish.pk).exists()
    assert WaitlistEntry.objects.get(client=wish.client).windows.get().last_day > last_day - timedelta(weeks=4)
    assert queries.violations() == []
    assert "already there" in seed(now=now.isoformat())


def test_a_later_day_leaves_alone_what_people_changed(demo):
    now = clock.now()
    seed(now=(now - timedelta(days=2)).isoformat())
    bella = Business.objects.get(slug="bella-hair")
    Service.objects.filter(name="Foil highlights").update(name="Foils")
    Client.objects.filter(business=bella, first_name="Grace").update(first_name="Gretel")
    TeamMember.objects.filter(business=bella, first_name="Tom").update(archived_at=now)
    TeamMember.objects.create(business=bella, first_name="Aiko", last_name="Second")
    Client.objects.create(business=bella, first_name="Zara", last_name="Haddad", created_at=now)
    WaitlistEntry.objects.filter(client__first_name="Amelia").update(note="Not before noon.")
    Business.objects.update(online_booking=False)
    before = {row.pk: (row.starts, row.status) for row in Appointment.objects.all()}

    assert "up to today" in seed(now=now.isoformat())

    waiting = {Client.objects.get(pk=draft.client_id).first_name for draft in queries.waiting(business_id=bella.pk, now=now)}
    assert waiting == {"Zara"}  # the others lost their service, their person or themselves; Sophie is on Review, Jack dismissed
    assert draft_of(bella, "Sophie Nguyen").is_live(now=now)
    assert {row.pk: (row.starts, row.status) for row in Appointment.objects.filter(pk__in=before)} == before
    assert WaitlistEntry.objects.get(client__first_name="Amelia").note == "Not before noon."


def test_drafts_a_person_dealt_with_do_not_come_back_the_same_day(bella, mongo):
    mongo.booking_drafts.update_many({"open": True}, {"$set": {"status": "dismissed", "open": False}})
    assert "already there" in seed()


def test_a_business_somebody_made_gets_no_story(demo, mongo):
    Business.objects.create(name="Mine", slug="bella-hair", timezone="UTC", currency="EUR")
    assert "already there" in seed()
    assert mongo.booking_drafts.count_documents({}) == 0
    assert not Appointment.objects.exists()


def test_drafts_of_an_older_database_with_the_same_ids_go(demo, mongo):
    empty_and_seed()
    business = Business.objects.get(slug="bella-hair")
    old = draft_of(business, "Sophie Nguyen")
    empty_and_seed()
    assert Business.objects.get(slug="bella-hair").pk == business.pk
    assert draft_of(business, "Sophie Nguyen").id != old.id


def empty_and_seed():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE business_business, auth_user RESTART IDENTITY CASCADE")
    seed()


def test_nothing_is_switched_on_when_a_real_provider_sends(demo, settings):
    settings.MESSAGING_TRANSPORTS = {**settings.MESSAGING_TRANSPORTS, "sms": "tests.fakes.RecordingTransport"}
    seed()
    assert not AutomatedMessage.objects.filter(enabled=True).exists()
    assert not Message.objects.exclude(state=State.SKIPPED).exists()


def test_without_demo_it_refuses(settings, mongo):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        seed()
    assert not Business.objects.exists()


@pytest.mark.parametrize("text", ["yesterday", "2026-11-24T22:00:00"])
def test_now_that_is_no_moment_is_refused(demo, text):
    with pytest.raises(CommandError, match="--now"):
        seed(now=text)
