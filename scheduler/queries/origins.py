"""Which appointments were made from which drafts; a draft's id is opaque text here."""

from collections.abc import Collection

from django.db.models import Max
from django.db.models.functions import Coalesce

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


def unmirrored(limit: int) -> list[Appointment]:
    """The oldest appointments whose draft is not yet known to be converted (T6)."""
    return list(Appointment.objects.filter(mirrored=False).order_by("created_at", "id")[:limit])
