"""SMS through Twilio's Messages API: one call to send, one list to look into, errors translated into our three."""

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from messaging.models import Kind, Message
from messaging.transport import Busy, Content, Found, Receipt, Rejected, Sender, Unclear, within

T = TypeVar("T")

# Twilio's client logs numbers and texts of every call; nobody may read them.
_silent = logging.getLogger("messaging.sms_twilio.http")
_silent.disabled = True

LIST_LIMIT = 200
CODE_VALID_SECONDS = 600
VALID_SECONDS = 3600

# https://www.twilio.com/docs/api/errors; anything else is stored as "twilio_<code>".
REASONS = {
    21610: "opted_out",
    21211: "bad_number",
    21217: "bad_number",
    21614: "not_a_mobile",
    21612: "not_reachable",
    21408: "country_not_allowed",
    30006: "not_reachable",
}
_TOO_MANY = 429
_LIST_TIMEOUT_SECONDS = 10.0


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's client, sent to TWILIO_API_URL when that is set (a stand-in on this machine), and stopping at 429 for its Retry-After."""

    def __init__(self, timeout: float) -> None:
        super().__init__(timeout=timeout, max_retries=0, logger=_silent)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        response = super().request(method, _elsewhere(url), *args, **kwargs)
        if response.status_code == _TOO_MANY:
            raise Busy(_seconds(response.headers))
        return response


class TwilioTransport:
    """Clients are kept per thread for their connections: requests' sessions are not made to be shared."""

    def __init__(self) -> None:
        self._local = threading.local()

    def send(self, *, message: Message, content: Content, sender: Sender, timeout_seconds: float) -> Receipt:
        wish: dict[str, Any] = {
            "to": message.recipient,
            "body": content.text,
            "messaging_service_sid": settings.TWILIO_MESSAGING_SERVICE_SID,
            "validity_period": CODE_VALID_SECONDS if message.kind == Kind.SIGN_IN_CODE else VALID_SECONDS,
            "smart_encoded": True,
        }
        if settings.SITE_URL.startswith("https://"):  # Twilio refuses addresses it cannot call
            wish["status_callback"] = settings.SITE_URL + reverse("messaging:twilio_status", args=[message.pk])
        answer = self._ask(timeout_seconds, lambda client: client.messages.create(**wish))
        if not answer.sid:
            raise Unclear("accepted without an id")
        return Receipt(provider_id=answer.sid, delivery=str(answer.status or "queued"))

    def find(self, *, message: Message, since: datetime) -> Sequence[Found]:
        """Not filtered by the date sent: a message that is still queued there has none."""
        rows = self._ask(
            _LIST_TIMEOUT_SECONDS,
            lambda client: client.messages.list(to=message.recipient, limit=LIST_LIMIT, page_size=LIST_LIMIT),
        )
        return [
            Found(row.sid, row.body or "", row.date_created, str(row.status))
            for row in rows
            if row.sid and row.date_created and row.date_created.astimezone(UTC) >= since
        ]

    def _ask(self, seconds: float, call: Callable[[Client], T]) -> T:
        """The answer of one call within `seconds`, or one of our three errors."""
        client = self._client(seconds)
        try:
            return within(seconds, lambda: call(client))
        except (TwilioRestException, TwilioServiceException) as error:
            raise _refusal(error.status, error.code) from error
        except requests.RequestException as error:
            self._local.clients = {}
            raise (Busy() if _never_written(error) else Unclear(type(error).__name__)) from error
        except (TwilioException, ValueError) as error:  # a list that was not given; an answer that is no JSON, or half of it
            raise Unclear("unreadable answer") from error
        except Unclear:
            self._local.clients = {}  # the call that is still hanging keeps its session for itself
            raise

    def _client(self, seconds: float) -> Client:
        clients: dict[tuple[float, str, str], Client] = self._local.__dict__.setdefault("clients", {})
        key = (seconds, settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
        if key not in clients:
            clients[key] = Client(key[1], key[2], http_client=_HttpClient(seconds))
        return clients[key]


def _refusal(status: int, code: int | None) -> Rejected | Unclear:
    """4xx is for good; after 408 or 5xx nobody knows, because the call is not idempotent."""
    if 400 <= status < 500 and status != 408:
        return Rejected(REASONS.get(code or 0, f"twilio_{code or status}"))
    return Unclear(f"status {status}")


def _never_written(error: requests.RequestException) -> bool:
    """True when the connection could not be made: refused, no such name, no route, no TLS."""
    wrapped = error.args[0] if error.args else None
    reason = wrapped.reason if isinstance(wrapped, MaxRetryError) else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return isinstance(reason, SSLError) and _in_handshake(reason)


def _in_handshake(error: SSLError) -> bool:
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    name = (cause.reason or "") if isinstance(cause, ssl.SSLError) else ""
    return "HANDSHAKE" in name or "VERSION" in name


def _elsewhere(url: str) -> str:
    if not settings.TWILIO_API_URL:
        return url
    base, asked = urlsplit(settings.TWILIO_API_URL), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + asked.path, asked.query, ""))


def _seconds(headers: Any) -> float | None:
    """Retry-After in seconds; None when it is missing or a date."""
    try:
        return max(0.0, float((headers or {}).get("Retry-After", "")))
    except ValueError:
        return None
