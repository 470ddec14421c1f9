"""One attempt: fence, provider, outcome (the table of draft-lifecycle 6)."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from business import actions as business_actions
from business.models import Business, Channel
from core import identifiers
from messaging.models import Kind, Message, State
from messaging.outbox.queueing import release, settle
from messaging.outbox.stopping import stop_channel
from messaging.render import preferences_url, sender_name, without_tokens
from messaging.transport import Busy, Content, Receipt, Rejected, Sender, Unclear, transport_for

logger = logging.getLogger(__name__)

FENCE_SECONDS = 30.0
CODE_TIMEOUT_SECONDS = 5.0
MAX_ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 300.0
OPTED_OUT = "opted_out"
COUNTED: Mapping[str, str] = {Kind.INCOMPLETE_REMINDER: "reminded"}  # the day counter of a kind, one for each channel (D17)
SENT_IN_THE_REQUEST = {Kind.SIGN_IN_CODE, Kind.TEST}  # no sweep takes them up again: who asked is waiting and may press once more


def deliver(*, message: Message, content: Content, timeout_seconds: float, now: datetime) -> Message:
    """Send a row that this process claimed, within `timeout_seconds` (15 in a worker, 5 in a request); the row as it is afterwards.

    1. Claimed more than 30 s ago: back to queued unsent, because somebody may have settled it since.
    2. The contact opted out since: cancelled. The client was erased since: it is cancelled already, and nobody is called.
    3. The provider is called once; its answer decides: sent, queued again, failed, or unknown until reconciled. Raises nothing of the
       provider's.
    """
    if message.claimed_monotonic is None:
        raise ValueError("deliver only what claim() returned")
    if time.monotonic() - message.claimed_monotonic > FENCE_SECONDS:
        release(message=message, now=now)
    elif _has_opted_out(message):
        settle(message, {"state": State.CANCELLED, "reason": OPTED_OUT, "done_at": now, "claim": None})
    elif not _is_erased(message):
        _attempt(message, content, body=without_tokens(content.text), timeout_seconds=timeout_seconds, now=now)
    return _again(message)


def send_code(*, business: Business, phone: str, text: str, masked: str, now: datetime) -> Message:
    """Send a sign-in code in this request (5 s). Only `masked` is stored, so it is never sent again: look at `.state` and `.reason`."""
    code_id = identifiers.new_uuid()
    message = Message.objects.create(
        id=code_id,
        kind=Kind.SIGN_IN_CODE,
        business=business,
        channel=Channel.SMS,
        dedupe_key=f"code:{code_id}",
        recipient=phone,
        state=State.SENDING,
        attempts=1,
        not_before=now,
        sending_at=now,
        first_sending_at=now,
        claim=identifiers.new_uuid(),
        created_at=now,
    )
    _attempt(message, Content(subject="", text=text), body=masked, timeout_seconds=CODE_TIMEOUT_SECONDS, now=now)
    return _again(message)


def sender_of(message: Message) -> Sender:
    """The business as sender; a message to a client carries the page where they choose what they get."""
    business = message.business
    page = preferences_url(message.client) if message.client else ""
    return Sender(name=sender_name(business.name), reply_to=business.email, preferences_url=page)


def _attempt(message: Message, content: Content, *, body: str, timeout_seconds: float, now: datetime) -> None:
    said: dict[str, Any] = {"subject": without_tokens(content.subject), "body": body}
    try:
        receipt = transport_for(message.channel).send(
            message=message, content=content, sender=sender_of(message), timeout_seconds=timeout_seconds
        )
    except Busy as busy:
        settle(message, {**said, **_after_busy(message, busy, now)})
    except Rejected as refusal:
        _refused(message, refusal, said, now)
    except Unclear:
        settle(message, {**said, "state": State.UNKNOWN})
    except Exception as error:  # noqa: BLE001 - an adapter's own mistake: nobody knows how far it got
        # The type only: a traceback may hold the number or the text.
        logger.error("message %s: the adapter failed with %s", message.pk, type(error).__name__)  # noqa: TRY400
        settle(message, {**said, "state": State.UNKNOWN})
    else:
        accepted(message, receipt, now=now, said=said)


def accepted(message: Message, receipt: Receipt, *, now: datetime, said: Mapping[str, Any] | None = None) -> bool:
    """The provider has it: true whatever the row says by now, so this overwrites everything but an earlier receipt. True if it was news.

    The one place where a message becomes sent, and so where it is counted. `said`, its words, is not stored for a client erased meanwhile.
    """
    receipt_of = {"state": State.SENT, "provider_id": receipt.provider_id, "delivery": receipt.delivery}
    outcome = {**receipt_of, "reason": "", "claim": None, "done_at": now}
    rows = Message.objects.filter(pk=message.pk).exclude(state=State.SENT)
    with transaction.atomic():
        news = bool(rows.exclude(recipient="").update(**(said or {}), **outcome) or rows.filter(recipient="").update(**outcome))
        if news and message.kind in COUNTED:
            business_actions.count(business=message.business, now=now, amounts={f"{COUNTED[message.kind]}_{message.channel}": 1})
    return news


def _after_busy(message: Message, busy: Busy, now: datetime) -> dict[str, Any]:
    if message.kind in SENT_IN_THE_REQUEST or message.attempts >= MAX_ATTEMPTS:
        return {"state": State.FAILED, "reason": "provider_busy", "done_at": now, "claim": None}
    return {"state": State.QUEUED, "not_before": now + back_off(message.attempts, busy.retry_after), "claim": None}


def back_off(attempts: int, retry_after: float | None) -> timedelta:
    """How long to wait after this many attempts: 2^n · (0.5 to 1.5) s, n from 3, at most 300 s, and no less than the provider asked for.

    From 3, so that eight attempts outlast a provider that refuses for ten minutes.
    """
    wait = 2 ** (attempts + 2) * identifiers.spread(0.5, 1.5)
    return timedelta(seconds=min(LONGEST_WAIT_SECONDS, max(wait, retry_after or 0.0)))


def _refused(message: Message, refusal: Rejected, said: Mapping[str, Any], now: datetime) -> None:
    settle(message, {**said, "state": State.FAILED, "reason": refusal.reason, "done_at": now, "claim": None})
    if refusal.reason == OPTED_OUT:
        stop_channel(business=message.business, channel=Channel(message.channel), contact=message.recipient, source="provider", now=now)


def _has_opted_out(message: Message) -> bool:
    return business_actions.has_opted_out(business_id=message.business_id, channel=Channel(message.channel), contact=message.recipient)


def _is_erased(message: Message) -> bool:
    return Message.objects.filter(pk=message.pk, recipient="").exists()


def _again(message: Message) -> Message:
    return Message.objects.select_related("business", "client").get(pk=message.pk)
