"""The business's bell: one ring per draft and engagement, however often the sweep comes round (S26, I3)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from business.actions import count
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
    """Ring once for each item and count it as `captured` in the same transaction (S26, D17); how many rang for the first time.

    Items whose client is gone are passed over. Sorted, so that two sweeps that ring the same bells never wait for each other in a ring.
    """
    with transaction.atomic():
        rung = Counter(_ring(items, now=now))
        businesses = Business.objects.in_bulk(rung)
        for business_id in sorted(rung):
            count(business=businesses[business_id], now=now, amounts={"captured": rung[business_id]})
    return rung.total()


def _ring(items: Sequence[Notice], *, now: datetime) -> list[int]:
    """Write the bells in one statement, in order; the business of each new one."""
    if not items:
        return []
    notices, clients = StaffNotice._meta.db_table, Client._meta.db_table  # noqa: SLF001 - our own tables' names
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {notices} (business_id, client_id, draft_id, engagement, start_at, created_at)"  # noqa: S608
            " SELECT item.business_id, item.client_id, item.draft_id, item.engagement, item.start_at, %s"
            " FROM UNNEST(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::timestamptz[])"
            " AS item(business_id, client_id, draft_id, engagement, start_at)"
            f" JOIN {clients} client ON client.id = item.client_id AND client.business_id = item.business_id"
            " ORDER BY item.draft_id ON CONFLICT DO NOTHING RETURNING business_id",
            [
                now,
                [item.business_id for item in items],
                [item.client_id for item in items],
                [item.draft_id for item in items],
                [item.engagement for item in items],
                [item.start_at for item in items],
            ],
        )
        return [business_id for (business_id,) in cursor.fetchall()]


def mark_read(*, business: Business, user: User, now: datetime, notice_id: int | None = None) -> int:
    """This user has read one notice of this business, or all of them; how many were unread."""
    wanted = StaffNotice.objects.filter(business=business).exclude(reads__user=user)
    if notice_id is not None:
        wanted = wanted.filter(pk=notice_id)
    reads = [NoticeRead(notice=notice, user=user, at=now) for notice in wanted]
    NoticeRead.objects.bulk_create(reads, ignore_conflicts=True)
    return len(reads)
