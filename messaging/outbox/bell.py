"""The business's bell: one ring per draft and engagement, however often the sweep comes round (S26, I3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection

from business.models import Business, Client
from messaging.models import NoticeRead, StaffNotice


@dataclass(frozen=True, slots=True)
class Notice:
    """A review session that ended. `start_at` is the time the client had chosen, None for none."""

    business_id: int
    client_id: int
    draft_id: str
    engagement: int
    start_at: datetime | None


def notify_staff(*, items: Sequence[Notice], now: datetime) -> int:
    """Ring once for each item, in one statement; how many rang for the first time. Items whose client is gone are passed over."""
    if not items:
        return 0
    notices, clients = StaffNotice._meta.db_table, Client._meta.db_table  # noqa: SLF001 - our own tables' names
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {notices} (business_id, client_id, draft_id, engagement, start_at, created_at)"  # noqa: S608
            " SELECT item.business_id, item.client_id, item.draft_id, item.engagement, item.start_at, %s"
            " FROM UNNEST(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::timestamptz[])"
            " AS item(business_id, client_id, draft_id, engagement, start_at)"
            f" JOIN {clients} client ON client.id = item.client_id AND client.business_id = item.business_id"
            " ON CONFLICT DO NOTHING",
            [
                now,
                [item.business_id for item in items],
                [item.client_id for item in items],
                [item.draft_id for item in items],
                [item.engagement for item in items],
                [item.start_at for item in items],
            ],
        )
        return int(cursor.rowcount)


def mark_read(*, business: Business, user: User, now: datetime, notice_id: int | None = None) -> int:
    """This user has read one notice of this business, or all of them; how many were unread."""
    wanted = StaffNotice.objects.filter(business=business).exclude(reads__user=user)
    if notice_id is not None:
        wanted = wanted.filter(pk=notice_id)
    reads = [NoticeRead(notice=notice, user=user, at=now) for notice in wanted]
    NoticeRead.objects.bulk_create(reads, ignore_conflicts=True)
    return len(reads)
