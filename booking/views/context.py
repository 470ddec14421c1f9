"""What every step needs to know before it draws: the business, who is asking, what was chosen, and what of it can still be booked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from booking import actions, wizard
from booking.wizard import Choice, Step
from business import access
from business.access import SignedIn
from business.models import Business, Client, TeamMember
from core import clock
from drafts.document import Draft
from scheduler import queries as availability
from scheduler.queries import Resolved

UNUSABLE = 422
TITLES = {Step.SERVICES: "Services", Step.TEAM: "Team", Step.TIME: "Time", Step.REVIEW: "Review"}


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
    def note(self) -> str:
        """The note kept on this device for this booking."""
        kept = self.signed_in.session.selection if self.signed_in else {}
        return str(kept.get("note", "")) if kept.get("flow") == str(self.choice.flow or "") else ""

    @property
    def duration_min(self) -> int:
        return sum(line.duration_min for line in self.resolved.lines)

    @property
    def price_minor(self) -> int:
        return sum(line.price_minor for line in self.resolved.lines)

    @cached_property
    def people(self) -> list[TeamMember]:
        """Who can do everything chosen."""
        if not self.choice.services:
            return []
        return availability.suitable_members(business=self.business, services=[service for service, _ in self.choice.services])

    @cached_property
    def candidates(self) -> list[TeamMember]:
        """Who may be booked: the one chosen, or everybody suitable."""
        return [person for person in self.people if self.choice.member in (None, person.pk)]

    @property
    def person(self) -> TeamMember | None:
        return next((person for person in self.people if person.pk == self.choice.member), None)

    def url(self, step: str, choice: Choice | None = None) -> str:
        query = (choice or self.choice).to_query()
        return reverse(f"booking:{step}", args=[self.business.slug]) + (f"?{query}" if query else "")


def visit_of(request: HttpRequest, slug: str) -> Visit:
    """Read clock, business, client and choice of this request. Raises Http404 for an unknown business.

    A signed-in client who comes without any choice in the address gets the one kept on this device.
    """
    now = clock.now()
    business = access.access_business(slug)
    signed_in = access.client_of(request, business, now=now)
    choice, problems = Choice.from_query(request.POST if request.method == "POST" else request.GET)
    if not choice.services and signed_in and signed_in.session.selection.get("query"):
        choice = Choice.from_text(signed_in.session.selection["query"])
    return visit_for(business=business, signed_in=signed_in, choice=choice, problems=problems, now=now)


def visit_for(
    *, business: Business, signed_in: SignedIn | None, choice: Choice, now: datetime, problems: Sequence[str] = ()
) -> Visit:
    """A visit with this choice, services looked up in today's catalogue; what is gone is left out and named in `problems`."""
    resolved = availability.resolve(business=business, services=choice.services)
    kept = tuple((line.service.pk, line.variant.pk if line.variant else None) for line in resolved.lines)
    gone = [f"{name or 'A service'} is no longer offered, so we took it out." for name in resolved.gone]
    return Visit(
        business=business,
        signed_in=signed_in,
        now=now,
        choice=replace(choice, services=kept),
        resolved=resolved,
        problems=[*dict.fromkeys(problems), *gone],
    )


def arrive(*, business: Business, signed_in: SignedIn, choice: Choice, now: datetime, more_time: bool = False) -> HttpResponse:
    """A signed-in client lands on Review by a press: keep the choice on this device, capture the draft (S01, D1), go to the page.

    For the Time step's Continue, for "Keep this time", for a code just verified and for "Change something" of a resume link.
    """
    visit = visit_for(business=business, signed_in=signed_in, choice=choice, now=now)
    take(visit, more_time=more_time)
    return redirect(visit.url("review"), status=303)


def take(visit: Visit, *, more_time: bool = False) -> Draft | None:
    """Keep the choice and capture the draft. None when it was not captured."""
    assert visit.signed_in  # noqa: S101 - the callers have asked
    actions.keep_choice(session=visit.signed_in.session, choice=visit.choice, note=visit.note)
    return actions.capture(
        business=visit.business,
        client=visit.signed_in.client,
        choice=visit.choice,
        lines=visit.resolved.lines,
        note=visit.note,
        now=visit.now,
        more_time=more_time,
    )


def page(request: HttpRequest, visit: Visit, step: Step, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """Draw a step with its step list and summary."""
    base = {
        "business": visit.business,
        "client": visit.client,
        "limited": bool(visit.signed_in and visit.signed_in.draft_id),
        "now": visit.now,
        "visit": visit,
        "choice": visit.choice,
        "problems": visit.problems,
        "steps": step_list(visit, step),
        "step": step,
    }
    return render(request, template, base | context, status=status)


def step_list(visit: Visit, current: Step) -> list[dict[str, Any]]:
    """The steps that apply, each with its name, its state and the address to walk to it ("" when it cannot be reached yet)."""
    applies = wizard.steps(people=len(visit.people) if visit.choice.services else 0)
    reachable = applies.index(current) if current in applies else 0
    return [
        {
            "name": TITLES[step],
            "current": step == current,
            "done": position < reachable,
            "url": visit.url(step) if position < reachable else "",
        }
        for position, step in enumerate(applies)
    ]
