"""Messages out of the house: key first, provider second (draft-lifecycle 4 to 6). A message without a row does not exist."""

from messaging.outbox.batch import Wish, queue_many
from messaging.outbox.bell import Notice, mark_read, notify_staff
from messaging.outbox.keys import mint_link, revoke_links
from messaging.outbox.queueing import cancel, cancel_queued, claim, erase_client, queue, release
from messaging.outbox.sending import deliver, send_code
from messaging.outbox.settling import reconcile, record_status
from messaging.outbox.stopping import businesses_texting, choose_by_link, start_channel, stop_channel, unsubscribe_by_mail_client
from messaging.outbox.trying import EXAMPLE_NAME, EXAMPLE_TOKEN, TestRefused, example, send_test

__all__ = [
    "EXAMPLE_NAME",
    "EXAMPLE_TOKEN",
    "Notice",
    "TestRefused",
    "Wish",
    "businesses_texting",
    "cancel",
    "cancel_queued",
    "choose_by_link",
    "claim",
    "deliver",
    "erase_client",
    "example",
    "mark_read",
    "mint_link",
    "notify_staff",
    "queue",
    "queue_many",
    "reconcile",
    "record_status",
    "release",
    "revoke_links",
    "send_code",
    "send_test",
    "start_channel",
    "stop_channel",
    "unsubscribe_by_mail_client",
]
