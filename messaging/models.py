"""Messages and their receipts, the words of automated messages, bell notices and resume links.

A message without a key does not exist: the row with its unique key is written first, the provider is called second. A draft's id is
opaque text here.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from business.models import Business, Channel, Client


class Kind(models.TextChoices):
    """What a message is for. Each kind has one owner, who claims only its own."""

    INCOMPLETE_REMINDER = "incomplete_reminder", "Incomplete booking reminder"
    SIGN_IN_CODE = "sign_in_code", "Sign-in code"
    TEST = "test", "Test message"


class State(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    UNKNOWN = "unknown", "Outcome unknown"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Not sent"
    UNCONFIRMED = "unconfirmed", "Delivery not confirmed"


# Not ended: at most one of these for a draft and channel (the constraint one_in_flight).
IN_FLIGHT = (State.QUEUED, State.SENDING, State.UNKNOWN)


class Message(models.Model):
    """One message to one person over one channel, from the wish to send to the receipt (draft-lifecycle 4 and 6)."""

    class Trigger(models.TextChoices):
        AUTO = "auto", "Automatic"
        MANUAL = "manual", "By staff"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24, choices=Kind)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    draft_id = models.CharField(max_length=32, blank=True)
    engagement = models.PositiveIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=5, choices=Channel)
    trigger = models.CharField(max_length=6, choices=Trigger, default=Trigger.AUTO)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    dedupe_key = models.CharField(max_length=120, unique=True)
    recipient = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True, help_text="As sent, with token and code masked; pruned after 30 days.")
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    requeues = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    sending_at = models.DateTimeField(null=True, blank=True)
    first_sending_at = models.DateTimeField(null=True, blank=True, help_text="When the first attempt began: the age that ends re-sending.")
    claim = models.UUIDField(null=True, blank=True)
    provider_id = models.CharField(max_length=128, blank=True)
    delivery = models.CharField(
        max_length=20, blank=True, help_text="The provider's last word: queued, sent, delivered, undelivered, bounced …"
    )
    reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draft_id", "channel"],
                condition=Q(state__in=["queued", "sending", "unknown"]) & ~Q(draft_id=""),
                name="one_in_flight",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "not_before"], condition=Q(state="queued"), name="message_queued"),
            models.Index(fields=["sending_at"], condition=Q(state__in=["sending", "unknown"]), name="message_unsettled"),
            models.Index(fields=["draft_id"], condition=~Q(draft_id=""), name="message_by_draft"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_by_provider_id"),
        ]

    # When this process claimed the row, by the clock that nobody can move: the fence (draft-lifecycle 6). Not a column.
    claimed_monotonic: float | None = None

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {self.state}"


class AutomatedMessage(models.Model):
    """A business's switch and words for one kind of message over one channel. No row: off, default words (S57)."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="automated_messages")
    kind = models.CharField(max_length=24, choices=Kind)
    channel = models.CharField(max_length=5, choices=Channel)
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True, blank=True, help_text="Drafts whose session ended before this are never reminded (D11).")
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField(max_length=1000, blank=True, help_text="Empty: the default words.")
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "kind", "channel"], name="one_automated_message")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'on' if self.enabled else 'off'}"


class StaffNotice(models.Model):
    """One ring of the business's bell: one per draft and engagement (S26, I3)."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="notices")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    draft_id = models.CharField(max_length=32)
    engagement = models.PositiveIntegerField()
    start_at = models.DateTimeField(null=True, blank=True, help_text="The time the client had chosen.")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["draft_id", "engagement"], name="one_bell_per_engagement")]
        indexes: ClassVar = [models.Index(fields=["business", "-created_at"], name="notice_newest")]

    def __str__(self) -> str:
        return f"Notice {self.pk}"


class NoticeRead(models.Model):
    notice = models.ForeignKey(StaffNotice, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["notice", "user"], name="one_read_per_user")]

    def __str__(self) -> str:
        return f"Notice {self.notice_id} read by {self.user_id}"


class ResumeLink(models.Model):
    """A key to one draft. Only the token's SHA-256 is stored; each sending attempt mints its own, earlier ones stay good (draft-lifecycle 9)."""

    digest = models.CharField(max_length=64, unique=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="links")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="resume_links")
    draft_id = models.CharField(max_length=32)
    channel = models.CharField(max_length=5, choices=Channel)
    services = models.JSONField(
        default=list, help_text="[[service id, variant id or null], …] of the draft, to start again with when it is gone (D4)."
    )
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Resume link {self.pk}"


class DemoMessage(models.Model):
    """What the demo outbox shows: the full text, links and codes included. Written only with DEMO=1."""

    message_id = models.UUIDField()
    channel = models.CharField(max_length=5, choices=Channel)
    recipient = models.CharField(max_length=254)
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"Demo {self.channel} {self.pk}"
