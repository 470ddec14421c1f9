"""The transport of DEMO=1: keeps the full text where /demo/outbox/ shows it, and counts as delivered."""

from collections.abc import Sequence
from datetime import datetime

from messaging.models import DemoMessage, Message
from messaging.transport import Content, Found, Receipt, Sender

DELIVERED = "delivered"


class DemoOutbox:
    def send(self, *, message: Message, content: Content, sender: Sender, timeout_seconds: float) -> Receipt:
        kept = DemoMessage.objects.create(
            message_id=message.pk,
            channel=message.channel,
            recipient=message.recipient,
            sender=sender.name,
            subject=content.subject,
            text=content.text,
            html=content.html,
            at=message.sending_at or message.created_at,
        )
        return Receipt(provider_id=f"demo-{kept.pk}", delivery=DELIVERED)

    def find(self, *, message: Message, since: datetime) -> Sequence[Found]:
        kept = DemoMessage.objects.filter(message_id=message.pk, at__gte=since)
        return [Found(provider_id=f"demo-{one.pk}", body=one.text, created_at=one.at, delivery=DELIVERED) for one in kept]
