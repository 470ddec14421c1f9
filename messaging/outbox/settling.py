"""What becomes known after the call: the provider's status reports, and the look into its list for rows nobody knows about."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from business import actions as business_actions
from business.models import Channel
from core import identifiers
from messaging.models import Kind, Message, State
from messaging.outbox.sending import OPTED_OUT, SENT_IN_THE_REQUEST, accepted
from messaging.outbox.stopping import stop_channel
from messaging.render import resume_tokens
from messaging.transport import Found, Receipt, Unclear, transport_for

logger = logging.getLogger(__name__)

HEARTBEAT = "reconcile"
UNSETTLED_AFTER = timedelta(seconds=300)
LOOK_BACK = timedelta(seconds=60)
STOP_RESENDING_AFTER = timedelta(minutes=60)
MAX_REQUEUES = 3
BATCH = 200

# The provider's words in the order they can come true; a later one never gives way to an earlier one.
RANKS: Mapping[str, int] = {
    "": 0, "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "deferred": 3, "sent": 4,
    "undelivered": 5, "failed": 5, "rejected": 5, "delivered": 5, "bounced": 6, "read": 6, "complained": 7,
}  # fmt: skip


def record_status(*, message_id: UUID, provider_id: str, delivery: str, now: datetime, reason: str = "") -> bool:
    """A report from the provider about one message: idempotent, never a step back, whatever the order of arrival. True if it was news.

    `reason` names a failure ("opted_out" also stops the channel). A report about another provider's id than the row's is ignored.
    """
    message = Message.objects.select_related("business", "client").filter(pk=message_id).first()
    if message is None or delivery not in RANKS:
        logger.info("status report for message %s ignored: unknown message or status", message_id)
        return False
    if message.provider_id and provider_id and message.provider_id != provider_id:
        logger.warning("status report for message %s ignored: it names another provider id", message_id)
        return False
    news = accepted(message, Receipt(provider_id or message.provider_id, delivery), now=now)
    if not news:
        lower = [word for word, rank in RANKS.items() if rank < RANKS[delivery]]
        news = bool(Message.objects.filter(pk=message.pk, delivery__in=lower).update(delivery=delivery))
    if news and reason:
        Message.objects.filter(pk=message.pk).update(reason=reason)
    if reason == OPTED_OUT:
        stop_channel(business=message.business, channel=Channel(message.channel), contact=message.recipient, source="provider", now=now)
    return news


def reconcile(*, now: datetime) -> None:
    """Settle what nobody knows: rows `unknown`, or `sending` for more than 300 s (fence 30 s + time-out 15 s are long over).

    The provider's list has it: sent. The list answered without it: queued again, at most three times, only within an hour and only rows
    with a link to recognise them by. No list: `unconfirmed`. The list did not answer: looked at again, until the hour is over.
    """
    unsettled = Q(state=State.UNKNOWN) | Q(state=State.SENDING)
    rows = Message.objects.select_related("business", "client").filter(unsettled, sending_at__lte=now - UNSETTLED_AFTER)
    for message in rows.order_by("sending_at")[:BATCH]:
        try:
            _reconcile_one(message, now)
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the row behind it
            logger.error("message %s: reconcile failed with %s", message.pk, type(error).__name__)  # noqa: TRY400 - no text in logs
    _drop_forgotten(now)
    business_actions.beat(name=HEARTBEAT, now=now)


def _drop_forgotten(now: datetime) -> None:
    """A request that died between writing its row and claiming it: nobody waits for it any more."""
    forgotten = Message.objects.filter(kind__in=SENT_IN_THE_REQUEST, state=State.QUEUED, not_before__lte=now - STOP_RESENDING_AFTER)
    forgotten.update(state=State.CANCELLED, reason="expired", done_at=now)


def _reconcile_one(message: Message, now: datetime) -> None:
    too_old = now - (message.first_sending_at or message.created_at) >= STOP_RESENDING_AFTER
    try:
        listed = transport_for(message.channel).find(message=message, since=(message.first_sending_at or now) - LOOK_BACK)
    except Unclear:
        if too_old:
            _settle_seen(message, {"state": State.UNCONFIRMED, "done_at": now, "reason": "unconfirmed"})
        return
    match = _ours(message, listed or ())
    if match is not None:
        accepted(message, Receipt(match.provider_id, match.delivery), now=now)
    elif listed is None or too_old or message.requeues >= MAX_REQUEUES or not _may_be_sent_again(message):
        _settle_seen(message, {"state": State.UNCONFIRMED, "done_at": now, "reason": "unconfirmed"})
    else:
        _settle_seen(message, {"state": State.QUEUED, "not_before": now, "requeues": F("requeues") + 1})


def _settle_seen(message: Message, changes: Mapping[str, Any]) -> bool:
    """Compare and set on what was seen: without claim and attempts in the filter a row claimed again meanwhile would be sent twice."""
    seen = Message.objects.filter(pk=message.pk, claim=message.claim, attempts=message.attempts, state=message.state)
    return bool(seen.update(**changes, claim=None))


def _ours(message: Message, listed: Sequence[Found]) -> Found | None:
    digests = set(message.links.values_list("digest", flat=True))
    for found in listed:
        if any(identifiers.digest(token) in digests for token in resume_tokens(found.body)):
            return found
    return None


def _may_be_sent_again(message: Message) -> bool:
    """Only what a link makes recognisable, and never a code: only its hash exists."""
    return message.kind != Kind.SIGN_IN_CODE and message.links.exists()
