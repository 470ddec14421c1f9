"""SMS through Twilio's Messages API: one call to send, one list to look into, errors translated into our three."""

import logging
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

from messaging.models import Kind, Message
from messaging.transport import TOO_MANY, Busy, Content, Found, Receipt, Sender, Unclear, never_written, refusal, retry_after, within

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
_LIST_TIMEOUT_SECONDS = 10.0


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's client, sent to TWILIO_API_URL when that is set (a stand-in on this machine), and stopping at 429 for its Retry-After."""

    def __init__(self, timeout: float) -> None:
        super().__init__(timeout=timeout, max_retries=0, logger=_silent)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        response = super().request(method, _elsewhere(url), *args, **kwargs)
        if response.status_code == TOO_MANY:
            raise Busy(retry_after(response.headers or {}))
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
            raise refusal(error.status, reason=REASONS.get(error.code, f"twilio_{error.code or error.status}")) from error
        except requests.RequestException as error:
            self._local.clients = {}
            raise (Busy() if never_written(error) else Unclear(type(error).__name__)) from error
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


def _elsewhere(url: str) -> str:
    if not settings.TWILIO_API_URL:
        return url
    base, asked = urlsplit(settings.TWILIO_API_URL), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + asked.path, asked.query, ""))
