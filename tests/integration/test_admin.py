"""The admin sets businesses up: superusers only, no accent that cannot be read, each business with what is its own, time off included."""

from datetime import UTC, date, datetime, time

import pytest
from django.contrib.auth.models import User
from django.forms import model_to_dict
from django.urls import reverse

from business.access import can
from business.colour import contrast
from business.models import Business, Category, Membership, Service, TeamMember
from scheduler.models import TimeOff
from tests.integration.test_free_times import slots, times

PAGES = ["business_business", "business_category", "business_service", "business_teammember"]


@pytest.fixture
def boss(client, world) -> User:
    user = User.objects.create_superuser("boss", password="correct horse battery")
    client.force_login(user)
    return user


@pytest.mark.parametrize("page", PAGES)
def test_the_lists_and_forms_open_for_a_superuser(client, world, boss, page):
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:{page}_add")).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_an_owner_is_not_let_in(client, world, page):
    client.force_login(world.olga)
    answer = client.get(reverse(f"admin:{page}_changelist"), follow=True)
    assert answer.status_code == 403
    assert "runs this installation" in answer.content.decode()


def change(client, business, **changes):
    data = {name: "" if value is None else value for name, value in model_to_dict(business).items()} | changes
    forms = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    return client.post(reverse("admin:business_business_change", args=[business.pk]), data | forms, follow=True)


@pytest.mark.parametrize(("chosen", "is_kept"), [("#ffd400", False), ("#0B5C52", True)])
def test_an_accent_that_cannot_be_read_is_darkened_and_said(client, world, boss, chosen, is_kept):
    answer = change(client, world.bella, accent=chosen)
    accent = Business.objects.get(pk=world.bella.pk).accent
    assert contrast(accent, "#ffffff") >= 4.5
    assert (accent == chosen.lower()) is is_kept
    assert ("darkened to" in answer.content.decode()) is not is_kept


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("timezone", "Sydney", "no such time zone"),
        ("locale", "Aussie", "no such locale"),
        ("currency", "A$", "no such currency"),
        ("country", "XX", "no such country"),
        ("phone", "12", "number does not exist"),
        ("phone", "call us", "Enter a phone number"),
    ],
)
@pytest.mark.usefixtures("boss")
def test_what_no_page_could_be_drawn_with_is_refused(client, world, field, typed, said):
    before = getattr(world.bella, field)
    assert said in change(client, world.bella, **{field: typed}).content.decode()
    assert getattr(Business.objects.get(pk=world.bella.pk), field) == before
    assert client.get("/b/bella-hair/").status_code == 200


def test_what_is_meant_is_kept_as_the_house_writes_it(client, world, boss):
    change(client, world.bella, phone="02 9876 5432", locale="en-AU", currency="aud", country="au")
    kept = Business.objects.get(pk=world.bella.pk)
    assert (kept.phone, kept.locale, kept.currency, kept.country) == ("+61298765432", "en_AU", "AUD", "AU")


def form_of(client, page, row=None):
    """The admin's form and its fields as they were drawn, filled with what they hold."""
    url = reverse(f"admin:{page}_change", args=[row.pk]) if row else reverse(f"admin:{page}_add")
    drawn = client.get(url).context
    held = {bound.html_name: bound.value() for bound in drawn["adminform"].form}
    for formset in (inline.formset for inline in drawn["inline_admin_formsets"]):
        for form in [formset.management_form, *formset.forms]:
            held |= {bound.html_name: bound.value() for bound in form}
    return url, {name: "" if value is None else value for name, value in held.items() if value is not False}, drawn["adminform"].form


def choices(form, field):
    return {str(row) for row in form.fields[field].queryset}


@pytest.mark.s("D15")
@pytest.mark.usefixtures("boss")
def test_a_business_is_offered_and_takes_only_what_is_its_own(client, world):
    url, held, form = form_of(client, "business_service", world.cut)
    assert choices(form, "category") == {"Hair"}
    assert "business" not in form.fields
    assert "6200 is 62.00" in form.fields["price_minor"].help_text
    assert "Choose one of this business." in client.post(url, held | {"category": world.rival_cut.category_id}).content.decode()
    url, held, form = form_of(client, "business_teammember", world.maya)
    assert choices(form, "services") == {"Hair cut", "Toner", "Colour"}
    assert choices(form, "user") == {"olga", "rita", "tom"}
    for foreign in ({"services": [world.rival_cut.pk]}, {"user": world.rex.pk}):
        assert "Choose one of this business." in client.post(url, held | foreign).content.decode()
    client.post(url, held | {"business": world.rival.pk, "user": world.tom.pk})
    world.maya.refresh_from_db()
    assert (world.maya.business, world.maya.user, world.maya.services.count()) == (world.bella, world.tom, 3)


@pytest.mark.s("D15")
@pytest.mark.usefixtures("boss")
def test_a_new_row_says_whose_is_whose_until_its_business_is_chosen(client, world):
    url, held, form = form_of(client, "business_service")
    assert {label for _, label in form.fields["category"].choices} >= {"Bella Hair Co. · Hair", "Rival Cuts · Rival hair"}
    new = held | {"business": world.bella.pk, "name": "Fringe", "duration_min": 15, "price_minor": 2500}
    refused = client.post(url, new | {"category": world.rival_cut.category_id})
    assert "Choose one of this business." in refused.content.decode()
    assert choices(refused.context["adminform"].form, "category") == {"Hair"}
    assert client.post(url, new | {"category": world.cut.category_id}).status_code == 302
    assert Service.objects.get(name="Fringe").category == Category.objects.get(name="Hair")
    assert "Choose one of this business." in client.post(url, new | {"business": "x", "category": 10**9}).content.decode()


@pytest.mark.usefixtures("boss")
def test_time_off_is_typed_in_the_salons_time_and_takes_times_away(client, world):
    url, held, _ = form_of(client, "business_teammember", world.maya)
    off = {"time_off-TOTAL_FORMS": 1, "time_off-0-team_member": world.maya.pk, "time_off-0-reason": "Dentist"}
    begin, end = {"time_off-0-starts_0": "2026-11-26", "time_off-0-starts_1": "10:00"}, {"time_off-0-ends_0": "2026-11-26"}
    backwards = client.post(url, held | off | begin | end | {"time_off-0-ends_1": "09:00"})
    assert "Choose an end after the start." in backwards.content.decode()
    assert TimeOff.objects.count() == 0
    assert client.post(url, held | off | begin | end | {"time_off-0-ends_1": "12:00"}).status_code == 302
    made = TimeOff.objects.get()
    assert (made.starts, made.ends) == (datetime(2026, 11, 25, 23, tzinfo=UTC), datetime(2026, 11, 26, 1, tzinfo=UTC))
    assert times(slots(world, [world.maya], day=date(2026, 11, 26)))[:3] == ["09:00", "09:15", "13:00"]
    drawn = client.get(url).content.decode()
    assert 'value="10:00:00"' in drawn
    assert "in the time zone of the business" in drawn


@pytest.mark.usefixtures("boss")
def test_hours_are_named_by_day_and_end_after_they_begin(client, world):
    url, held, _ = form_of(client, "business_teammember", world.maya)
    assert '<option value="6">Sunday</option>' in client.get(url).content.decode()
    new = {"hours-TOTAL_FORMS": 13, "hours-12-team_member": world.maya.pk, "hours-12-weekday": 6, "hours-12-starts": "10:00"}
    assert "Choose an end after the start." in client.post(url, held | new | {"hours-12-ends": "09:00"}).content.decode()
    assert client.post(url, held | new | {"hours-12-ends": "14:00"}).status_code == 302
    assert TeamMember.objects.get(pk=world.maya.pk).hours.get(weekday=6).ends == time(14)


@pytest.mark.s("S76", "S77")
@pytest.mark.parametrize(
    ("role", "said", "may"),
    [
        *[("owner", "unknown", True), ("manager", "unknown", True), ("receptionist", "unknown", True), ("team_member", "unknown", False)],
        *[("team_member", "true", True), ("receptionist", "false", False)],
    ],
)
@pytest.mark.usefixtures("boss")
def test_a_new_member_may_manage_the_waitlist_as_the_role_has_it_unless_said(client, world, role, said, may):
    nia = User.objects.create_user("nia")
    url, held, _ = form_of(client, "business_business", world.rival)
    new = {"memberships-TOTAL_FORMS": 2, "memberships-1-business": world.rival.pk, "memberships-1-user": nia.pk}
    assert client.post(url, held | new | {"memberships-1-role": role, "memberships-1-manage_waitlist": said}).status_code == 302
    assert can(nia, world.rival, "manage_waitlist") is may
    assert Membership.objects.get(user=world.rex).manage_waitlist is True
