"""What every channel's adapter promises, and the three ways in which it may fail. Adapters are named by dotted path in MESSAGING_TRANSPORTS."""

import queue
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol, TypeVar

from django.conf import settings
from django.utils.module_loading import import_string
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from messaging.models import Message

T = TypeVar("T")
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Content:
    """A message ready to go. SMS have neither subject nor html."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks: the business's name, where answers go, and the page where the reader changes what they get ("" has none)."""

    name: str
    reply_to: str = ""
    preferences_url: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider accepted the message under this id; `delivery` is its first word about it."""

    provider_id: str
    delivery: str = "queued"


@dataclass(frozen=True, slots=True)
class Found:
    """A message in the provider's own list."""

    provider_id: str
    body: str
    created_at: datetime
    delivery: str


class Rejected(Exception):
    """Refused for good. `reason` is stored with the message (D14); `opted_out` also stops the number."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Busy(Exception):
    """The provider never processed it: it may be tried again, after `retry_after` seconds when the provider named them."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Unclear(Exception):
    """Nobody knows whether the provider took it. Never send again before looking (draft-lifecycle 6)."""


class Transport(Protocol):
    """One channel's way out of the house."""

    def send(self, *, message: Message, content: Content, sender: Sender, timeout_seconds: float) -> Receipt:
        """Hand `content` to the provider for `message.recipient` within `timeout_seconds`. Raises Rejected, Busy, Unclear."""

    def find(self, *, message: Message, since: datetime) -> Sequence[Found] | None:
        """What the provider lists for this recipient since then; None when it keeps no list. Raises Unclear when it did not answer."""


@cache
def _load(path: str) -> Transport:
    transport: Transport = import_string(path)()
    return transport


def transport_for(channel: str) -> Transport:
    """The adapter that the settings name for this channel, one per process."""
    return _load(settings.MESSAGING_TRANSPORTS[channel])


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, or Unclear when it has not come after `seconds` in all.

    The providers' own time-outs count each read; a server that dribbles byte after byte would hold a worker for ever.
    """
    box: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread below
            box.put((None, error))

    threading.Thread(target=run, daemon=True, name="provider-call").start()
    try:
        result, error = box.get(timeout=seconds)
    except queue.Empty:
        raise Unclear("no answer in time") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


# What adapters that speak HTTP have in common


def refusal(status: int, *, reason: str) -> Rejected | Unclear:
    """What an HTTP status other than success means: 4xx is final, and `reason` is stored; after 408 or 5xx the message may have been taken."""
    return Rejected(reason) if 400 <= status < 500 and status != 408 else Unclear(f"status {status}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The answer's Retry-After in seconds; None when it is missing or a date."""
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None


def never_written(error: BaseException | None) -> bool:
    """Whether this error of `requests` says that no connection could be made (refused, no such name, no route, no TLS), so nothing was sent."""
    wrapped = error.args[0] if error and error.args else None
    why = wrapped.reason if isinstance(wrapped, MaxRetryError) else None
    return isinstance(why, NewConnectionError | ConnectTimeoutError) or (isinstance(why, SSLError) and _in_handshake(why))


def _in_handshake(error: SSLError) -> bool:
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    name = (cause.reason or "") if isinstance(cause, ssl.SSLError) else ""
    return "HANDSHAKE" in name or "VERSION" in name
