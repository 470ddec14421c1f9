"""Transports for tests: one that records, and one for each way a provider can fail."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import pytest

from messaging.models import Message
from messaging.transport import Busy, Content, Found, Receipt, Rejected, Sender, Unclear


@dataclass(frozen=True)
class Send:
    """One message that reached the provider."""

    message_id: UUID
    kind: str
    channel: str
    recipient: str
    content: Content
    sender: Sender
    at: datetime | None
    provider_id: str = field(default="")


class RecordingTransport:
    """Accepts everything. `RecordingTransport.sends` is what went out in this test, oldest first (cleared before each test)."""

    sends: ClassVar[list[Send]] = []
    _ids: ClassVar[Iterator[int]] = itertools.count(1)

    def send(self, *, message: Message, content: Content, sender: Sender, timeout_seconds: float) -> Receipt:
        provider_id = f"fake-{next(self._ids)}"
        self.sends.append(
            Send(message.pk, message.kind, message.channel, message.recipient, content, sender, message.sending_at, provider_id)
        )
        return Receipt(provider_id=provider_id)

    def find(self, *, message: Message, since: datetime) -> list[Found] | None:
        return [
            Found(sent.provider_id, sent.content.text, sent.at or since, "sent")
            for sent in self.sends
            if sent.recipient == message.recipient
        ]


@pytest.fixture(autouse=True)
def sends() -> list[Send]:
    """What went out in this test, empty at its start."""
    RecordingTransport.sends.clear()
    return RecordingTransport.sends


class RejectingTransport(RecordingTransport):
    """Refuses for good."""

    def send(self, **_: object) -> Receipt:
        raise Rejected("bad_number")


class OptedOutTransport(RecordingTransport):
    """What Twilio's error 21610 becomes."""

    def send(self, **_: object) -> Receipt:
        raise Rejected("opted_out")


class BusyTransport(RecordingTransport):
    """Never processes anything."""

    def send(self, **_: object) -> Receipt:
        raise Busy(None)


class UnclearTransport(RecordingTransport):
    """Does not say whether it took the message; it did not."""

    def send(self, **_: object) -> Receipt:
        raise Unclear("no answer")


class AcceptedButUnclearTransport(RecordingTransport):
    """Takes the message and hangs up before it says so."""

    def send(self, **wish: object) -> Receipt:
        super().send(**wish)  # type: ignore[arg-type]
        raise Unclear("no answer")


class BrokenTransport(RecordingTransport):
    """An adapter with a mistake in it."""

    def send(self, **_: object) -> Receipt:
        raise RuntimeError("a mistake")
