"""Booking on somebody's behalf: whoever is at the desk decides about hours, time off, skills and notice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from business.models import Business, Client, TeamMember
from scheduler.actions.booking import Booked, book
from scheduler.actions.people import NewClient, add_client
from scheduler.models import Appointment
from scheduler.queries import Line


def book_by_staff(
    *,
    business: Business,
    who: Client | NewClient,
    member: TeamMember,
    start: datetime,
    lines: Sequence[Line],
    confirm_key: UUID,
    now: datetime,
    booked_by: User,
    note: str = "",
    draft_id: str = "",
    engagement: int | None = None,
    recovered: Callable[[], str] | None = None,
    mirrored: bool = True,
) -> Booked:
    """Book on somebody's behalf; a new client and the appointment come together or not at all. Raises SlotTaken, NotBookable."""
    if isinstance(who, NewClient):
        earlier = Appointment.objects.filter(business=business, confirm_key=confirm_key).select_related("client", "team_member").first()
        if earlier:
            return Booked(earlier, created=False)
    with transaction.atomic():
        client = who if isinstance(who, Client) else add_client(new=who, business=business, by=booked_by, now=now)
        return book(
            business=business,
            client=client,
            members=[member],
            start=start,
            lines=lines,
            confirm_key=confirm_key,
            now=now,
            source=Appointment.Source.STAFF,
            booked_by=booked_by,
            note=note,
            draft_id=draft_id,
            engagement=engagement,
            recovered=recovered,
            mirrored=mirrored,
            enforce_rules=False,
        )
