"""Writes behind the pages: the switch and words of an automated message, a test message, what a client wants, and what has had its time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from business import actions as business_actions
from business.models import AuditEvent, Business, Channel, Client, Service
from core import contact, identifiers
from messaging import outbox, queries
from messaging.models import AutomatedMessage, DemoMessage, Kind, Message, ResumeLink, StaffNotice
from messaging.render import Content, Words, default_words, reminder_values, render, resume_url

BODIES_KEPT_FOR = timedelta(days=30)
LINKS_KEPT_FOR = timedelta(days=30)
DEMO_KEPT_FOR = timedelta(days=7)
AUDIT_KEPT_FOR = timedelta(days=365)

TESTS_PER_HOUR = 10
TEST_TIMEOUT_SECONDS = 5.0
EXAMPLE_NAME = "Sarah"
EXAMPLE_TOKEN = "example-link-" + "0" * 9


class TestRefused(ValueError):
    """The test message cannot be sent; the message says what to do."""

    __test__ = False  # not a test case, whatever its name looks like to pytest


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


def example(*, business: Business, channel: Channel, words: Words, first_name: str = "") -> Content:
    """The message as a client would get it, with a service of this business's and a link that leads nowhere. Raises BadTemplate."""
    services = Service.objects.filter(business=business, archived_at=None)[:1]
    client = Client(business=business, first_name=first_name or EXAMPLE_NAME)
    values = reminder_values(
        business=business, client=client, services=[one.name for one in services] or ["Hair cut"], link=resume_url(EXAMPLE_TOKEN)
    )
    return render(channel=channel, business=business, subject=words.subject, body=words.body, values=values)


def send_test(*, business: Business, channel: Channel, words: Words, recipient: str, user: User, now: datetime) -> Message:
    """Send these words to the staff member's own number or address, in this request (5 s). Look at `.state` and `.reason`.

    Raises TestRefused (number or address, limit of ten an hour) and BadTemplate.
    """
    to = _test_recipient(business, channel, recipient)
    recent = Message.objects.filter(business=business, kind=Kind.TEST, created_at__gt=now - timedelta(hours=1)).count()
    if recent >= TESTS_PER_HOUR:
        raise TestRefused(f"{TESTS_PER_HOUR} tests went out in the last hour. Try again later.")
    content = example(business=business, channel=channel, words=words, first_name=user.first_name)
    queued = outbox.queue(
        kind=Kind.TEST,
        business=business,
        client=None,
        channel=channel,
        dedupe_key=f"test:{identifiers.new_uuid()}",
        now=now,
        recipient=to,
        trigger=Message.Trigger.MANUAL,
        requested_by=user,
    )
    claimed = outbox.claim(kind=Kind.TEST, now=now, message_id=queued.pk) if queued else None
    if claimed is None:
        raise TestRefused("The test could not be sent. Try again.")
    return outbox.deliver(message=claimed, content=content, timeout_seconds=TEST_TIMEOUT_SECONDS, now=now)


def _test_recipient(business: Business, channel: Channel, recipient: str) -> str:
    try:
        if channel == Channel.EMAIL:
            address = contact.tidy_email(recipient)
            if not address:
                raise TestRefused("Enter the address the test should go to.")
            return address
        phone = contact.to_e164(recipient, region=business.country)
    except (contact.BadEmail, contact.BadPhone) as problem:
        raise TestRefused(str(problem)) from None
    if not contact.can_be_texted(phone) or contact.region_of(phone) not in business.textable_countries:
        raise TestRefused("This number cannot get text messages from here. Enter a mobile number.")
    return phone


def unsubscribe_by_mail_client(*, client: Client, now: datetime) -> None:
    """RFC 8058: the mail program's own button. No e-mail any more; SMS stay as they are. Idempotent."""
    if client.email:
        outbox.stop_channel(business=client.business, channel=Channel.EMAIL, contact=client.email, source="one_click", now=now)
    elif client.wants_email:
        Client.objects.filter(pk=client.pk).update(wants_email=False)


def prune(*, now: datetime) -> None:
    """Forget what has had its time: texts and addresses of messages after 30 days, links and notices after 30, the demo's outbox after 7,
    the audit after a year (promises 59). Receipts stay, without words."""
    old = Message.objects.filter(created_at__lt=now - BODIES_KEPT_FOR)
    old.exclude(Q(body="") & Q(subject="") & Q(recipient="")).update(body="", subject="", recipient="")
    ResumeLink.objects.filter(created_at__lt=now - LINKS_KEPT_FOR).delete()
    StaffNotice.objects.filter(created_at__lt=now - queries.NOTICES_KEPT_FOR).delete()
    DemoMessage.objects.filter(at__lt=now - DEMO_KEPT_FOR).delete()
    AuditEvent.objects.filter(at__lt=now - AUDIT_KEPT_FOR).delete()
