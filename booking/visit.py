"""One visit of a client, read once: the business, who is asking, what was chosen, and what of it can still be booked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from django.urls import reverse

from booking import queries
from booking.wizard import Choice
from business.access import SignedIn
from business.models import Business, Client, TeamMember
from business.sizes import NOTE_LENGTH
from drafts.document import Draft, DraftState, Selection, ServiceChoice
from scheduler import queries as appointments
from scheduler.models import Appointment
from scheduler.queries import Line, Resolved, Slot

SessionState = Literal["live", "ended", "new"]


@dataclass
class Visit:
    """One request of a client: read once, handed to the page. `choice` holds only what exists in the catalogue today."""

    business: Business
    signed_in: SignedIn | None
    now: datetime
    choice: Choice
    resolved: Resolved
    problems: list[str] = field(default_factory=list)

    @property
    def client(self) -> Client | None:
        return self.signed_in.client if self.signed_in else None

    @property
    def note(self) -> str | None:
        """The note kept on this device for this booking: "" when it was emptied, None when none was ever written."""
        note = self._kept.get("note")
        return None if note is None else str(note)

    @property
    def came_by_link(self) -> bool:
        """Whether this booking is gone on with by a link: its own session, or "Change something" on a signed-in device (D17)."""
        return bool(self.signed_in and self.signed_in.draft_id) or bool(self._kept.get("link"))

    @property
    def _kept(self) -> dict[str, Any]:
        kept = self.signed_in.session.selection if self.signed_in else {}
        return kept if kept.get("flow") == str(self.choice.flow or "") else {}

    @property
    def duration_min(self) -> int:
        return self.resolved.duration_min

    @property
    def price_minor(self) -> int:
        return self.resolved.price_minor

    @property
    def shown(self) -> str:
        """What a page offers to book; comes back with Confirm, so that nobody books what they have not seen."""
        return f"{replace(self.choice, flow=None).to_query()}|{self.duration_min}|{self.price_minor}"

    @cached_property
    def people(self) -> list[TeamMember]:
        """Who can do everything chosen."""
        if not self.choice.services:
            return []
        return appointments.suitable_members(business=self.business, services=[service for service, _ in self.choice.services])

    @cached_property
    def candidates(self) -> list[TeamMember]:
        """Who may be booked: the one chosen, or everybody suitable."""
        return [person for person in self.people if self.choice.member in (None, person.pk)]

    @property
    def person(self) -> TeamMember | None:
        return next((person for person in self.people if person.pk == self.choice.member), None)

    @property
    def whom(self) -> TeamMember | None:
        """Who is named as doing it: the one chosen, or the only one who does everything chosen."""
        return self.person or (self.people[0] if len(self.people) == 1 else None)

    def url(self, step: str, choice: Choice | None = None) -> str:
        query = (choice or self.choice).to_query()
        return reverse(f"booking:{step}", args=[self.business.slug]) + (f"?{query}" if query else "")

    def selection(self, note: str) -> Selection:
        """The choice as the draft keeps it. Raises BadSelection without a service."""
        return selection_of(business=self.business, choice=self.choice, lines=self.resolved.lines, note=note)

    def is_free(self) -> bool:
        """Whether the chosen time can be booked now. One query; False without one."""
        return bool(self.free_people())

    def free_people(self) -> list[TeamMember]:
        """Who can be booked at the chosen time now, the least booked that day first. One query."""
        start = self.choice.start_at
        if start is None:
            return []
        return appointments.free_members(
            business=self.business,
            members=self.candidates,
            duration_min=self.duration_min,
            start=start,
            now=self.now,
            held=self._is_held(start),
        )

    def with_chosen(self, offered: Sequence[Slot], *, day: date) -> list[Slot]:
        """The times of `day`, ascending, with the chosen one among them while it can be booked, on offer to others or not (D3, D4).

        No query when it is on offer or on another day, else one or two.
        """
        start = self.choice.start_at
        if not start or start.astimezone(self.business.zone).date() != day or start in {slot.start for slot in offered}:
            return list(offered)
        people = tuple(person.pk for person in self.free_people())
        return sorted([*offered, Slot(start, people)]) if people else list(offered)

    def _is_held(self, start: datetime) -> bool:
        """Whether the client's draft holds it. Only asked for a time that is not on offer (any more)."""
        if self.client is None or start >= appointments.confirm_window(self.business, now=self.now)[0]:
            return False
        return queries.holds(queries.draft_of(business=self.business, client=self.client, now=self.now), start)

    def is_complete(self) -> bool:
        """Whether every step before Review has an answer that can be used: together what the pages ask for one by one."""
        start = self.choice.start_at
        chosen = bool(self.choice.services and self.candidates and start and start > self.now)
        return chosen and self.business.online_booking and not self.link_is_spent() and not self.needs_name()

    def needs_name(self) -> bool:
        """Whether a new client, signed in by their code, has yet to say who they are: the last question before Review."""
        return bool(self.signed_in and not self.signed_in.draft_id and not self.signed_in.client.first_name)

    def booked(self) -> Appointment | None:
        """The client's appointment made by this very flow."""
        if self.client is None or self.choice.flow is None:
            return None
        return Appointment.objects.filter(business=self.business, client=self.client, confirm_key=self.choice.flow).first()

    def link_is_spent(self) -> bool:
        """Whether the draft that a link's session may confirm was booked since it was opened: such a session ends there (promises 38)."""
        if self.signed_in is None or not self.signed_in.draft_id:
            return False
        # "": MongoDB was away at Confirm, so the appointment does not name its draft.
        made = Appointment.objects.filter(business=self.business, client=self.client, draft_id__in=(self.signed_in.draft_id, ""))
        staff = Appointment.Source.STAFF
        return made.filter(created_at__gte=self.signed_in.session.created_at).exclude(draft_id="", source=staff).exists()

    def session_state(self, draft: Draft | None) -> SessionState:
        """How the review session of this very selection stands: see booking/views/review.py."""
        if draft is None or draft.status is DraftState.CONVERTED or draft.selection.key != self.selection("").key:
            return "new"
        return "live" if draft.is_live(now=self.now) else "ended"


def visit_for(*, business: Business, signed_in: SignedIn | None, choice: Choice, now: datetime, problems: Sequence[str] = ()) -> Visit:
    """A visit with this choice, services looked up in today's catalogue; what is gone is left out and named in `problems`."""
    resolved = appointments.resolve(business=business, services=choice.services)
    kept = tuple((line.service.pk, line.variant.pk if line.variant else None) for line in resolved.lines)
    gone = [f"{name or 'A service'} is no longer offered, so we took it out." for name in resolved.gone]
    unclear = [f"{name} comes in other kinds now. Choose it again." for name in resolved.unclear]
    return Visit(
        business=business,
        signed_in=signed_in,
        now=now,
        choice=replace(choice, services=kept),
        resolved=resolved,
        problems=[*dict.fromkeys(problems), *gone, *unclear],
    )


def selection_of(*, business: Business, choice: Choice, lines: Sequence[Line], note: str) -> Selection:
    """The choice as the draft keeps it (S07): ids, today's names and prices, the start in UTC, the note cut to NOTE_LENGTH."""
    return Selection(
        services=tuple(
            ServiceChoice(
                service_id=line.service.pk,
                variant_id=line.variant.pk if line.variant else None,
                name=line.name,
                duration_min=line.duration_min,
                price_minor=line.price_minor,
            )
            for line in lines
        ),
        team_member_id=choice.member,
        start_at=choice.start_at,
        tz=business.timezone,
        notes=note[:NOTE_LENGTH],
    )
