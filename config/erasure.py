"""A client asks what is stored about them, and to be forgotten (promises 57). Above all floors, because every floor keeps a part of it.

Appointments, messages and consents stay as rows for the business's books, with nobody's name on them. Digests of opted-out numbers and
addresses stay, so that a STOP outlives the client.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from booking.models import KnownDevice, SignInCode
from business import actions as business_actions
from business.models import AuditEvent, Channel, Client, ClientSession, Consent
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import Draft
from messaging import outbox
from messaging import queries as messages
from scheduler.actions import close_waitlist
from scheduler.models import Appointment, WaitlistEntry

ERASED = "client.erased"
NOBODY = {
    "phone": "",
    "phone_verified_at": None,
    "first_name": "Erased",
    "last_name": "client",
    "email": "",
    "wants_sms": False,
    "wants_email": False,
}
_MESSAGE = ("kind", "channel", "recipient", "subject", "body", "state", "delivery", "reason", "created_at", "done_at")
_CLIENT = ("id", "phone", "phone_verified_at", "first_name", "last_name", "email", "wants_sms", "wants_email", "created_at")


def is_erased(*, client: Client) -> bool:
    """Whether `erase` ran for this client before, if only halfway."""
    return AuditEvent.objects.filter(business_id=client.business_id, action=ERASED, object_id=str(client.pk)).exists()


def export(*, client: Client, now: datetime) -> dict[str, Any]:
    """All that both databases hold about this client, for JSON; moments in UTC. Changes nothing. Raises DraftsUnavailable."""
    draft = draft_queries.for_client(business_id=client.business_id, client_id=client.pk, now=now)
    return {
        "exported_at": now,
        "business": client.business.name,
        "client": {name: getattr(client, name) for name in _CLIENT},
        "consents": list(Consent.objects.filter(client=client).order_by("at").values("channel", "granted", "text_version", "source", "at")),
        "opted_out": [channel for channel in Channel if business_actions.has_stopped(client=client, channel=channel)],
        "sessions": list(ClientSession.objects.filter(client=client).values("selection", "created_at", "expires_at")),
        "appointments": [_appointment(one) for one in Appointment.objects.filter(client=client).order_by("starts")],
        "waitlist": [_waiting(one) for one in WaitlistEntry.objects.filter(client=client).order_by("created_at")],
        "messages": list(messages.of_client(client=client).values(*_MESSAGE)),
        "unfinished_booking": _unfinished(draft) if draft else None,
    }


def erase(*, client: Client, now: datetime) -> None:
    """Forget the client in PostgreSQL, in one transaction, and then in MongoDB. Idempotent: the second run finishes what the first began.

    Sessions end first, so that nothing new is written. Raises DraftsUnavailable when only PostgreSQL's part could be done.
    """
    with transaction.atomic():
        locked = Client.objects.select_for_update().select_related("business").get(pk=client.pk)
        ClientSession.objects.filter(client=locked).delete()
        outbox.erase_client(client=locked, now=now)
        if locked.phone:
            for of_phone in (SignInCode, KnownDevice):
                of_phone.objects.filter(business_id=locked.business_id, phone=locked.phone).delete()
        Consent.objects.filter(client=locked).update(ip_digest="")
        Appointment.objects.filter(client=locked).update(note="")
        for entry in WaitlistEntry.objects.filter(client=locked, closed_at=None):
            close_waitlist(entry=entry, now=now)
        WaitlistEntry.objects.filter(client=locked).update(note="")
        Client.objects.filter(pk=locked.pk).update(**NOBODY)
        if not is_erased(client=locked):
            business_actions.audit(business=locked.business, actor=None, action=ERASED, object_id=str(locked.pk), now=now)
    drafts.erase_client(business_id=client.business_id, client_id=client.pk)


def _appointment(one: Appointment) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("id", "starts", "ends", "status", "note", "source", "created_at", "cancelled_at")}
    lines = one.lines.values("name", "variant_name", "duration_min", "price_minor")
    return {**facts, "with": str(one.team_member), "services": list(lines)}


def _waiting(entry: WaitlistEntry) -> dict[str, Any]:
    facts = {name: getattr(entry, name) for name in ("note", "source", "created_at", "closed_at")}
    windows = entry.windows.values("first_day", "last_day", "from_time", "to_time")
    return {**facts, "services": list(entry.lines.values_list("service__name", flat=True)), "windows": list(windows)}


def _unfinished(draft: Draft) -> dict[str, Any]:
    chosen = draft.selection
    return {
        "status": draft.status,
        "review_started_at": draft.review_started_at,
        "kept_until": draft.purge_at,
        "start_at": chosen.start_at,
        "services": [line.name for line in chosen.services],
        "notes": chosen.notes,
    }
