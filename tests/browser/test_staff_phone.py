"""The desk on a phone: every page fits, down to 320 px (WCAG 1.4.10), and axe finds nothing."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from scheduler.models import Appointment
from tests.browser.staff import booked, sign_in
from tests.browser.walk import overflow, violations
from tests.integration.test_panel_waitlist import wait
from tests.leaving import OVER, leave
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 844}


@pytest.mark.usefixtures("mongo")
def test_every_page_of_the_desk_fits_a_phone(page: Page, live_server, world: World, at, complaints) -> None:
    draft, entry = leave(world), wait(world, world.noa)
    booked(world, NOW)
    at(OVER)
    sign_in(page.context, live_server.url, world.olga)
    paths = [
        *("/", "/notices/", "/settings/messages/", "/settings/messages/incomplete_reminder/"),
        *("/scheduler/", "/scheduler/?followups=incomplete", "/followups/", "/followups/?tab=waitlist"),
        *("/scheduler/new/", reverse("scheduler:edit", args=[Appointment.objects.get().pk]), "/followups/waitlist/add/"),
        *(reverse("followups:waitlist-edit", args=[entry.pk]), reverse("followups:waitlist-book", args=[entry.pk])),
        reverse("followups:book", args=[draft.id]),
    ]
    found = []
    for path in paths:
        page.set_viewport_size(PHONE)
        page.goto(live_server.url + path)
        found += [f"{path}: {problem}" for problem in violations(page)]
        for size in (PHONE, NARROWEST):
            page.set_viewport_size(size)
            if overflow(page):
                found.append(f"{path} scrolls sideways by {overflow(page)} px at {size['width']}")
    assert found == []
    assert complaints == []
