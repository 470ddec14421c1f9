"""Resume links: one key per sending attempt; earlier ones stay good (draft-lifecycle 9)."""

from collections.abc import Sequence
from datetime import datetime

from business.models import Channel, Client
from core import identifiers
from messaging.models import Message, ResumeLink


def mint_link(*, message: Message, services: Sequence[Sequence[int | None]], now: datetime) -> str:
    """A new token for this message's draft; only its digest is stored. `services`: [[service id, variant id or None], …] of the draft (D4).

    Raises ValueError for a message that belongs to no client's draft.
    """
    if message.client is None or not message.draft_id:
        raise ValueError("a link leads to a client's draft")
    token = identifiers.new_token()
    ResumeLink.objects.create(
        digest=identifiers.digest(token),
        message=message,
        business_id=message.business_id,
        client=message.client,
        draft_id=message.draft_id,
        channel=message.channel,
        services=[list(pair) for pair in services],
        created_at=now,
    )
    return token


def revoke_links(*, client: Client, now: datetime, channels: Sequence[Channel] = tuple(Channel)) -> int:
    """Links that this client got over these channels stop working (promises 37: opted out by link, erased); how many did."""
    return ResumeLink.objects.filter(client=client, channel__in=channels, revoked_at=None).update(revoked_at=now)
