"""Writes that send nothing: the switch and words of an automated message, and forgetting what has had its time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from business import actions as business_actions
from business.models import AuditEvent, Business, Channel
from core import identifiers
from messaging import queries
from messaging.models import AutomatedMessage, DemoMessage, Message, ResumeLink, StaffNotice
from messaging.render import Words, default_words

BODIES_KEPT_FOR = timedelta(days=30)
LINKS_KEPT_FOR = timedelta(days=30)
DEMO_KEPT_FOR = timedelta(days=7)
AUDIT_KEPT_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the settings page saves for one channel."""

    enabled: bool
    subject: str
    body: str


def save_automated(*, business: Business, kind: str, settings: Mapping[Channel, Setting], user: User, now: datetime) -> bool:
    """Store switches and words; words equal to the default are stored as none, so that a better default reaches them. True if changed.

    Switching on notes when: drafts whose session ended before are never reminded (D11). Writes one audit line with what changed.
    """
    with transaction.atomic():
        changes = {}
        for channel, wanted in settings.items():
            if change := _save_channel(business, kind, channel, wanted, now):
                changes[channel.value] = change
        if changes:
            business_actions.audit(business=business, actor=user, action="automated_message", object_id=kind, now=now, meta=changes)
    return bool(changes)


def _save_channel(business: Business, kind: str, channel: Channel, wanted: Setting, now: datetime) -> dict[str, object]:
    rows = AutomatedMessage.objects.select_for_update()
    row, _ = rows.get_or_create(business=business, kind=kind, channel=channel, defaults={"updated_at": now})
    default = default_words(kind, channel)
    words = Words(
        subject="" if wanted.subject == default.subject else wanted.subject,
        body="" if wanted.body == default.body else wanted.body,
    )
    change: dict[str, object] = {}
    if row.enabled != wanted.enabled:
        change["enabled"] = [row.enabled, wanted.enabled]
        row.enabled, row.enabled_at = wanted.enabled, now if wanted.enabled else None
    if (row.subject, row.body) != (words.subject, words.body):
        change["words"] = [_fingerprint(row.subject, row.body), _fingerprint(words.subject, words.body)]
        row.subject, row.body = words.subject, words.body
    if change:
        row.updated_at = now
        row.save()
    return change


def _fingerprint(subject: str, body: str) -> str:
    """Which words these were, without the words: the audit holds no texts."""
    return identifiers.digest(f"{subject}\n{body}")[:12] if subject or body else "default"


def prune(*, now: datetime) -> None:
    """Forget what has had its time: texts and addresses of messages after 30 days, links and notices after 30, the demo's outbox after 7,
    the audit after a year (promises 59). Receipts stay, without words."""
    old = Message.objects.filter(created_at__lt=now - BODIES_KEPT_FOR)
    old.exclude(Q(body="") & Q(subject="") & Q(recipient="")).update(body="", subject="", recipient="")
    ResumeLink.objects.filter(created_at__lt=now - LINKS_KEPT_FOR).delete()
    StaffNotice.objects.filter(created_at__lt=now - queries.NOTICES_KEPT_FOR).delete()
    DemoMessage.objects.filter(at__lt=now - DEMO_KEPT_FOR).delete()
    AuditEvent.objects.filter(at__lt=now - AUDIT_KEPT_FOR).delete()
