"""A Twilio-shaped SMS provider on this machine: takes messages, lists them, and fails in every way that was asked of it.

Give its `url` to TWILIO_API_URL. `accepted` is the truth that tests judge by: what the provider would have put on the air.
"""

import json
import socket
import struct
import threading
from collections import deque
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from core import clock

ACCOUNT = "AC00000000000000000000000000000000"

# What each fault does to the call, and whether the message is taken nevertheless.
TAKEN = {"500_after", "hang_after", "reset_after", "truncated", "no_sid", "bad_json", "dribble"}
NOT_TAKEN = {"429", "500_before", "hang_before", "reset_before", "21610", "21211", "401"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a burst of callers is not refused


class Provider:
    """`with Provider() as provider:` … `provider.faults.append("429")` fails the next send; `provider.always` fails them all."""

    def __init__(self) -> None:
        self.accepted: list[dict[str, str]] = []
        self.requests: list[dict[str, str]] = []
        self.faults: deque[str] = deque()
        self.always = ""
        self.list_fault = ""
        self.now: datetime | None = None
        self.retry_after = ""
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def accepted_by(self, phone: str) -> list[dict[str, str]]:
        return [one for one in self.accepted if one["to"] == phone]

    def take(self, form: dict[str, str]) -> dict[str, str]:
        """The message is on its way: nothing takes it back."""
        with self._lock:
            message = {
                "sid": f"SM{len(self.accepted) + 1:032x}",
                "to": form["To"],
                "body": form["Body"],
                "status": "accepted",
                "date_created": format_datetime((self.now or clock.now()).astimezone(UTC)),
                "account_sid": ACCOUNT,
                "messaging_service_sid": form.get("MessagingServiceSid", ""),
                "uri": "",
            }
            self.accepted.append(message)
            return message

    def next_fault(self) -> str:
        with self._lock:
            return self.faults.popleft() if self.faults else self.always

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(_Handler):
            pass

        Handler.provider = provider
        return Handler


class _Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        if self.provider.list_fault:
            self._answer(500, {"code": 20500, "message": "list is down"})
            return
        wanted = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        found = [one for one in reversed(self.provider.accepted) if one["to"] == wanted]
        self._answer(200, {"messages": found, "next_page_uri": None, "page": 0, "page_size": 200, "uri": self.path})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        self.provider.requests.append(form)
        fault = self.provider.next_fault()
        message = self.provider.take(form) if fault in TAKEN or not fault else {}
        getattr(self, f"_do_{fault}" if fault in TAKEN | NOT_TAKEN else "_do_accept")(message)

    def _do_accept(self, message: dict[str, str]) -> None:
        self._answer(201, message)

    def _do_429(self, message: dict[str, str]) -> None:
        self._answer(429, {"code": 20429, "message": "Too Many Requests", "status": 429}, self.provider.retry_after)

    def _do_401(self, message: dict[str, str]) -> None:
        self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})

    def _do_21610(self, message: dict[str, str]) -> None:
        self._answer(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400})

    def _do_21211(self, message: dict[str, str]) -> None:
        self._answer(400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400})

    def _do_500_before(self, message: dict[str, str]) -> None:
        self._answer(500, {"code": 20500, "message": "Internal Server Error", "status": 500})

    _do_500_after = _do_500_before

    def _do_hang_after(self, message: dict[str, str]) -> None:
        self.provider.released.wait(30)
        self.close_connection = True

    _do_hang_before = _do_hang_after

    def _do_reset_after(self, message: dict[str, str]) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    _do_reset_before = _do_reset_after

    def _do_truncated(self, message: dict[str, str]) -> None:
        body = json.dumps(message).encode()
        self._head(201, len(body))
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def _do_no_sid(self, message: dict[str, str]) -> None:
        self._answer(200, {name: value for name, value in message.items() if name != "sid"})

    def _do_bad_json(self, message: dict[str, str]) -> None:
        body = b"<html>201 Created</html>"
        self._head(201, len(body))
        self.wfile.write(body)

    def _do_dribble(self, message: dict[str, str]) -> None:
        """Slow-loris: a byte now and then, so that no single read times out."""
        body = json.dumps(message).encode()
        self._head(201, len(body))
        for byte in body:
            if self.provider.released.wait(0.1):
                break
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
        self.close_connection = True

    def _answer(self, status: int, content: dict[str, Any], retry_after: str = "") -> None:
        body = json.dumps(content).encode()
        self._head(status, len(body), retry_after)
        self.wfile.write(body)

    def _head(self, status: int, length: int, retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
