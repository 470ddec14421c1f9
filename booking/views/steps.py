"""Services, Team and Time. All three are GET pages that change nothing: what is chosen travels in the address (S02, S05)."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from booking.forms import steps as rows
from booking.views.calendar import time_page
from booking.views.context import UNUSABLE, closed, language, page, visit_of
from booking.visit import Visit
from booking.wizard import BAD_MEMBER, Step
from business.models import Service
from business.sizes import MOST_SERVICES

SEARCH_FROM = 20
QUERY_MAX = 80
NOTHING_CHOSEN = "Choose at least one service to continue."


@require_safe
def services(request: HttpRequest, slug: str) -> HttpResponse:
    """What can be booked, by category. Continue (`go`) leads on to the first step that applies."""
    visit = visit_of(request, slug, restore=False)
    if shut := closed(visit):
        return shut
    if "go" in request.GET and not visit.problems:
        if visit.choice.services:
            return redirect(visit.url("time" if _team_is_settled(visit) else "team"))
        visit.problems.append(NOTHING_CHOSEN)
    return services_page(request, visit)


def services_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Draw Services; 422 when something of the choice could not be used."""
    query = request.GET.get("q", "")[:QUERY_MAX].strip()
    offered = list(
        Service.objects.filter(business=visit.business, archived_at=None)
        .select_related("category")
        .prefetch_related("variants")
        .order_by("category__position", "category_id", "position", "id")
    )
    chosen = dict(visit.choice.services)
    catalogue, matches = rows.catalogue(offered, chosen=chosen, query=query)
    return page(
        request,
        visit,
        Step.SERVICES,
        "booking/services.html",
        status=UNUSABLE if visit.problems else 200,
        catalogue=catalogue,
        matches=matches,
        offered=len(offered),
        searchable=len(offered) > SEARCH_FROM,
        query=query,
        max_services=MOST_SERVICES,
        locale_tag=language(visit.business),
        kept_pairs=replace(visit.choice, services=()).pairs(),
        everything_url=visit.url("services"),
    )


@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """Who may do it. Skipped when one person only does everything chosen; then anybody is that person, unless another one was chosen."""
    visit = visit_of(request, slug)
    if shut := closed(visit):
        return shut
    if not visit.choice.services:
        return back_to_services(request, visit)
    suits = visit.choice.member is None or visit.person
    if len(visit.people) == 1 and suits and not visit.problems:
        return redirect(visit.url("time", replace(visit.choice, member=None, member_chosen=True)))
    return team_page(request, visit)


def team_page(request: HttpRequest, visit: Visit, problems: Sequence[str] = ()) -> HttpResponse:
    """Draw Team; 422 when nobody suits, or when the person in the address does not."""
    visit.problems += problems
    if visit.choice.member and not visit.person:
        visit.problems.append("The person you chose doesn't do all of this. Choose someone else.")
    return page(
        request,
        visit,
        Step.TEAM,
        "booking/team.html",
        status=UNUSABLE if visit.problems or not visit.people else 200,
        team=rows.team_rows(visit.people, chosen=visit.choice.member),
        kept_pairs=replace(visit.choice, member=None, member_chosen=False).pairs(),
        services_url=visit.url("services"),
    )


@require_safe
def time(request: HttpRequest, slug: str) -> HttpResponse:
    """Which day and time. Without a person chosen, anybody will do."""
    visit = visit_of(request, slug)
    if shut := closed(visit):
        return shut
    if not visit.choice.services:
        return back_to_services(request, visit)
    if not visit.candidates or (BAD_MEMBER in visit.problems and len(visit.people) > 1):
        return team_page(request, visit)
    return time_page(request, visit)


def back_to_services(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Nothing (left) to book: Services, saying why if there is a why."""
    return services_page(request, visit) if visit.problems else redirect(visit.url("services"))


def _team_is_settled(visit: Visit) -> bool:
    return visit.choice.member_chosen and bool(visit.candidates)
