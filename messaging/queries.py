"""Reads for pages and sweeps: bell notices, receipts, the words of automated messages, links."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from business.models import Business, Channel, Client
from core import identifiers
from messaging.models import IN_FLIGHT, AutomatedMessage, Kind, Message, NoticeRead, ResumeLink, StaffNotice
from messaging.render import default_words

NOTICES_KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Automated:
    """A business's switch and words for one kind over one channel, defaults filled in. `custom`: the words are its own."""

    enabled: bool
    enabled_at: datetime | None
    subject: str
    body: str
    custom: bool = False


def unread_count(*, business: Business, user: User, now: datetime) -> int:
    """How many bell notices of the last 30 days this user has not read."""
    recent = StaffNotice.objects.filter(business=business, created_at__gt=now - NOTICES_KEPT_FOR)
    return recent.exclude(reads__user=user).count()


def notices(*, business: Business, user: User, limit: int, now: datetime) -> list[StaffNotice]:
    """The newest notices of the last 30 days with their client; each carries `is_read` for this user."""
    return list(_with_read(business, user, now).select_related("client").order_by("-created_at", "-id")[:limit])


def _with_read(business: Business, user: User, now: datetime) -> QuerySet[StaffNotice]:
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), user=user)
    return StaffNotice.objects.filter(business=business, created_at__gt=now - NOTICES_KEPT_FOR).annotate(is_read=Exists(read))


def messages_of(*, business: Business, draft_ids: Iterable[str]) -> dict[str, list[Message]]:
    """The messages of these drafts, oldest first, by draft; a draft without messages is missing."""
    found: dict[str, list[Message]] = defaultdict(list)
    rows = Message.objects.filter(business=business, draft_id__in=[one for one in draft_ids if one])
    for message in rows.select_related("requested_by").order_by("created_at", "pk"):
        found[message.draft_id].append(message)
    return dict(found)


def of_client(*, client: Client) -> QuerySet[Message]:
    """Every message this client got or was to get: reminders by the client's row, sign-in codes by number (they belong to nobody)."""
    mine = Q(client=client)
    for contact in filter(None, (client.phone, client.email)):
        mine |= Q(client=None, business_id=client.business_id, recipient__iexact=contact)
    return Message.objects.filter(mine).order_by("created_at", "pk")


def automated(*, business: Business, kind: str = Kind.INCOMPLETE_REMINDER) -> dict[Channel, Automated]:
    """Switch and words per channel. Without a row: off, default words (S57, S60)."""
    rows = {row.channel: row for row in AutomatedMessage.objects.filter(business=business, kind=kind)}
    return {channel: _filled(rows.get(channel.value), kind, channel) for channel in Channel}


def _filled(row: AutomatedMessage | None, kind: str, channel: Channel) -> Automated:
    words = default_words(kind, channel)
    if row is None:
        return Automated(enabled=False, enabled_at=None, subject=words.subject, body=words.body)
    return Automated(
        enabled=row.enabled,
        enabled_at=row.enabled_at,
        subject=row.subject or words.subject,
        body=row.body or words.body,
        custom=bool(row.subject or row.body),
    )


def link_by_token(token: str) -> ResumeLink | None:
    """The link with this token, revoked or not (look at `revoked_at`); None for a token nobody minted."""
    return ResumeLink.objects.select_related("client", "business", "message").filter(digest=identifiers.digest(token)).first()


def in_flight(*, draft_id: str) -> list[Message]:
    """Messages of this draft that are queued, being sent or unsettled, oldest first."""
    rows = Message.objects.filter(draft_id=draft_id, state__in=IN_FLIGHT).exclude(draft_id="")
    return list(rows.select_related("requested_by").order_by("created_at", "pk"))
