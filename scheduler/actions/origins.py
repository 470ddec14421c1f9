"""One draft, one appointment: the client's own Confirm and the staff's Book for client may come at the same moment (D8, D17).

Nothing in PostgreSQL names a draft before it is booked, so that there is no row to lock: the draft's id is locked instead.
"""

from django.db import connection

from scheduler.models import Appointment


def lock_draft(draft_id: str) -> None:
    """Wait until no other transaction books from this draft, and keep others waiting until this one ends. "" locks nothing.

    Always taken before a team member's row, so that nobody waits in a ring.
    """
    if draft_id:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"draft:{draft_id}"])


def made_already(wanted: Appointment) -> Appointment | None:
    """The appointment made from the same engagement (or a later one) of `wanted`'s draft.

    Before booking asked under the draft's lock; once the time was found taken, without it.
    Staff stop at any appointment. The client's own Confirm stops only at one that staff made and that still stands: two bookings of
    their own, from two tabs, are their choice (D3).
    """
    if not wanted.draft_id:
        return None
    made = Appointment.objects.filter(business=wanted.business, draft_id=wanted.draft_id, engagement__gte=wanted.engagement or 0)
    if wanted.source == Appointment.Source.ONLINE:
        made = made.filter(source=Appointment.Source.STAFF, status=Appointment.Status.BOOKED)
    return made.select_related("client", "team_member").order_by("-id").first()
