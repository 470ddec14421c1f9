"""Which appointments were made from which drafts; a draft's id is opaque text here."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from django.db.models import Max
from django.db.models.functions import Coalesce

from core.lookups import AnyOf
from scheduler.models import Appointment


def appointment_for_draft(*, business_id: int, draft_id: str, engagement: int | None = None) -> Appointment | None:
    """The newest appointment made from this draft, whatever became of it; with `engagement` only one of that engagement or a later one."""
    if not draft_id:
        return None
    made = Appointment.objects.filter(business_id=business_id, draft_id=draft_id).select_related("client", "team_member")
    if engagement is not None:
        made = made.filter(engagement__gte=engagement)
    return made.order_by("-id").first()


def drafts_with_appointment(draft_ids: Collection[str]) -> dict[str, int]:
    """Of these drafts those an appointment was made from, with the latest engagement it covers. One query."""
    made = Appointment.objects.filter(draft_id__in=[draft_id for draft_id in draft_ids if draft_id]).order_by().values("draft_id")
    return {row["draft_id"]: row["covers"] for row in made.annotate(covers=Coalesce(Max("engagement"), 0))}


class Left(Protocol):
    """What has to be known of a draft: whose it is, and since when its present engagement runs."""

    @property
    def id(self) -> str: ...
    @property
    def business_id(self) -> int: ...
    @property
    def client_id(self) -> int: ...
    @property
    def engagement(self) -> int: ...
    @property
    def engaged_at(self) -> datetime: ...


def booked_from(drafts: Collection[Left]) -> dict[str, Appointment]:
    """Of these drafts those that are booked, by id, with the newest appointment that covers the present engagement (T6, I8). Two queries.

    It covers a draft when it names it in this engagement or a later one; or when nobody could name a draft, because MongoDB was away at
    Confirm, and the client has not engaged since: until the sweep has told the draft, that is any client's unmirrored one without a name.
    """
    by_id = {draft.id: draft for draft in drafts}
    clients = {(draft.business_id, draft.client_id): draft for draft in drafts}
    rows = Appointment.objects.select_related("client", "team_member").order_by("id")
    found: dict[str, Appointment] = {}
    nameless = rows.filter(AnyOf("client_id", {draft.client_id for draft in drafts}), draft_id="", mirrored=False)
    for row in nameless if drafts else ():
        draft = clients.get((row.business_id, row.client_id))
        if draft and row.created_at >= draft.engaged_at:
            found[draft.id] = row
    for row in rows.filter(AnyOf("draft_id", by_id)) if drafts else ():
        draft = by_id[row.draft_id]
        if row.business_id == draft.business_id and (row.engagement or 0) >= draft.engagement:
            found[draft.id] = row
    return found


def unmirrored(limit: int) -> list[Appointment]:
    """The oldest appointments whose draft is not yet known to be converted (T6)."""
    return list(Appointment.objects.filter(mirrored=False).order_by("created_at", "id")[:limit])
