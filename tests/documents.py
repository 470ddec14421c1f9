"""A whole draft as MongoDB keeps it. The product writes a draft in parts only (drafts.lifecycle) and reads it whole."""

from typing import Any

from drafts.document import SCHEMA, Draft, selection_to_bson


def to_bson(draft: Draft) -> dict[str, Any]:
    """The whole document. UUIDs are kept as text, so that every tool reads them alike."""
    closed = draft.closed
    return {
        "_id": draft.id,
        "v": SCHEMA,
        "business_id": draft.business_id,
        "client_id": draft.client_id,
        "status": draft.status.value,
        "open": draft.open,
        "engagement": draft.engagement,
        "rev": draft.rev,
        "flow": str(draft.flow),
        "closed_flow": str(draft.closed_flow) if draft.closed_flow else None,
        "review_started_at": draft.review_started_at,
        "review_expires_at": draft.review_expires_at,
        "incomplete_at": draft.incomplete_at,
        "engaged_at": draft.engaged_at,
        "purge_at": draft.purge_at,
        "selection_key": draft.selection.key,
        "selection": selection_to_bson(draft.selection),
        "bell": {"state": draft.bell.state, "at": draft.bell.at},
        "reminder": {"state": draft.reminder.state, "reason": draft.reminder.reason, "at": draft.reminder.at},
        "closed": {"at": closed.at, "by": closed.by, "appointment_id": closed.appointment_id} if closed else None,
    }
