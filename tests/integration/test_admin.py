"""The admin sets businesses up: superusers only, and no accent that cannot be read."""

import pytest
from django.contrib.auth.models import User
from django.forms import model_to_dict
from django.urls import reverse

from business.colour import contrast
from business.models import Business

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
