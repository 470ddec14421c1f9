"""The e-mail adapter: the whole mail, the whole Postmark request, and what each answer of Postmark and of an SMTP server means."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

import pytest
from django.core import mail

from business.models import Business, Channel
from messaging.email_anymail import EmailTransport
from messaging.models import Kind, Message
from messaging.render import default_words, render
from messaging.transport import Busy, Content, Rejected, Sender, Unclear
from tests.world import NOW

PREFERENCES = "https://book.example.com/m/12.signature/"
SENDER = Sender(name="Bella Hair Co.", reply_to="hello@bella.example", preferences_url=PREFERENCES)
MESSAGE_ID = "<00000000-0000-0000-0000-000000000007@book.example.com>"


def message() -> Message:
    return Message(
        id=UUID(int=7), kind=Kind.INCOMPLETE_REMINDER, channel="email", recipient="mia@example.com", business_id=3, created_at=NOW
    )


def content() -> Content:
    business = Business(name="Bella Hair Co.", address="12 Example Street, Sydney NSW 2000", phone="+61255501234", country="AU")
    words = default_words(Kind.INCOMPLETE_REMINDER, Channel.EMAIL)
    link = "https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/"
    values = {"FirstName": "Mia", "ServiceName": "Hair cut", "BusinessName": "Bella Hair Co.", "ResumeBookingLink": link}
    return render(channel="email", business=business, subject=words.subject, body=words.body, values=values, preferences_url=PREFERENCES)


def send(sender: Sender = SENDER, what: Content | None = None, seconds: float = 5):
    return EmailTransport().send(message=message(), content=what or content(), sender=sender, timeout_seconds=seconds)


INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n Found inactive addresses: mia@example.com.\n"
    " Inactive recipients are ones that have generated a hard bounce or a spam complaint. "
)
TEXT = """Bella Hair Co.

Hi Mia,

It looks like you didn't finish booking your Hair cut at Bella Hair Co. Your selected time may still be available - tap to complete your booking:

https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/

We keep your choices for 24 hours.

Bella Hair Co.

--\x20
Bella Hair Co. · 12 Example Street, Sydney NSW 2000
Choose what we send you, or stop these e-mails: https://book.example.com/m/12.signature/
"""


@pytest.mark.s("S61", "S67")
def test_the_whole_mail() -> None:
    receipt = send()
    sent = mail.outbox[0]
    assert (sent.subject, sent.to, sent.from_email) == (
        "Finish booking your Hair cut at Bella Hair Co.",
        ["mia@example.com"],
        '"Bella Hair Co." <bookings@example.com>',
    )
    assert sent.reply_to == ['"Bella Hair Co." <hello@bella.example>']
    assert sent.body == TEXT
    assert sent.extra_headers == {
        "Message-ID": MESSAGE_ID,
        "Auto-Submitted": "auto-generated",
        "X-PM-KeepID": "true",
        "List-Unsubscribe": f"<{PREFERENCES}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    html = sent.alternatives[0].content
    assert html.count("Finish booking</a>") == 1
    assert html.count("https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/") == 3
    assert "<img" not in html
    assert receipt.provider_id == MESSAGE_ID


def test_a_mail_to_nobodys_client_has_no_unsubscribe() -> None:
    send(Sender(name="Bella Hair Co."))
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers
    assert mail.outbox[0].reply_to == []


@pytest.fixture
def postmark(settings) -> Iterator[dict]:
    """A Postmark that keeps the last request and answers what `answer` says."""
    state = {
        "requests": [],
        "headers": [],
        "answer": (200, {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "mia@example.com"}),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state["requests"].append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state["headers"].append(dict(self.headers))
            if state["answer"] is None:
                self.connection.close()
                return
            status, said = state["answer"]
            body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Retry-After", "9")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_address[1]}/"}
    yield state
    server.shutdown()
    server.server_close()


def test_the_whole_postmark_request(postmark: dict) -> None:
    receipt = send()
    asked = postmark["requests"][0]
    assert asked.pop("HtmlBody").startswith("<!doctype html>")
    assert asked.pop("TextBody") == TEXT
    headers = {header["Name"]: header["Value"] for header in asked.pop("Headers")}
    assert headers["Message-ID"] == MESSAGE_ID
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert asked == {
        "From": '"Bella Hair Co." <bookings@example.com>',
        "To": "mia@example.com",
        "ReplyTo": '"Bella Hair Co." <hello@bella.example>',
        "Subject": "Finish booking your Hair cut at Bella Hair Co.",
        "Metadata": {"message_id": "00000000-0000-0000-0000-000000000007", "business_id": "3"},
        "Tag": "incomplete_reminder",
        "TrackLinks": "None",
        "TrackOpens": False,
    }
    assert (receipt.provider_id, receipt.delivery) == ("pm-1", "sent")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((422, {"ErrorCode": 406, "Message": INACTIVE}), Rejected),
        ((422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'mia@example.com'."}), Rejected),
        ((422, {"ErrorCode": 406, "Message": "in words that nobody foresaw"}), Rejected),
        ((401, {"ErrorCode": 10, "Message": "bad token"}), Rejected),
        ((429, {"ErrorCode": 0, "Message": "slow down"}), Busy),
        ((500, {"ErrorCode": 0, "Message": "oops"}), Unclear),
        ((200, "<html>"), Unclear),
        (None, Unclear),
    ],
)
def test_each_answer_of_postmark(postmark: dict, answer: tuple | None, error: type[Exception]) -> None:
    postmark["answer"] = answer
    with pytest.raises(error) as told:
        send()
    if error is Busy:
        assert told.value.retry_after == 9


def test_no_connection_to_postmark_is_never_processed(settings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTMARK_API_URL": "http://127.0.0.1:9/"}
    with pytest.raises(Busy):
        send()


@pytest.mark.parametrize("subject", ["Hello\nBcc: all@example.com", "Hello\r\nX: y"])
def test_a_header_that_would_break_out_is_refused(subject: str) -> None:
    with pytest.raises(Rejected) as refusal:
        send(what=Content(subject, "text", "<p>html</p>"))
    assert refusal.value.reason == "bad_header"
    assert mail.outbox == []


@pytest.fixture
def smtp(settings) -> Iterator[Callable[..., list[bytes]]]:
    """`smtp(rcpt=550)` starts a mail server that answers a step with that code, or hangs up there with 0; returns what it accepted."""
    servers = []

    def start(**codes: int) -> list[bytes]:
        accepted: list[bytes] = []
        server = socketserver.TCPServer(("127.0.0.1", 0), _smtp_handler(codes, accepted))
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.server_address[1], False
        return accepted

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _smtp_handler(codes: dict[str, int], accepted: list[bytes]) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("connect", 220)
            while line := self.rfile.readline():
                verb = line.split()[0].lower().decode() if line.split() else ""
                if verb == "data" and codes.get("data", 354) == 354:
                    self.say("data", 354)
                    body = b""
                    while not body.endswith(b"\r\n.\r\n"):
                        body += self.rfile.readline()
                    if codes.get("end", 250) in (0, 250):
                        accepted.append(body)
                    if not self.say("end", 250):
                        return
                elif not self.say(verb, 221 if verb == "quit" else 250):
                    return

        def say(self, step: str, usual: int) -> bool:
            code = codes.get(step, usual)
            if code:
                self.wfile.write(f"{code} {step}\r\n".encode())
            return bool(code)

    return Handler


def test_smtp_accepts(smtp: Callable[..., list[bytes]]) -> None:
    accepted = smtp()
    assert send().provider_id == MESSAGE_ID
    assert MESSAGE_ID.encode() in accepted[0]


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        ({"rcpt": 550}, Rejected),
        ({"rcpt": 450}, Busy),
        ({"data": 451}, Busy),
        ({"end": 554}, Rejected),
        ({"end": 0}, Unclear),
        ({"connect": 421}, Busy),
    ],
)
def test_each_answer_of_an_smtp_server(smtp: Callable[..., list[bytes]], codes: dict[str, int], error: type[Exception]) -> None:
    smtp(**codes)
    with pytest.raises(error):
        send()


def test_mail_providers_have_no_list() -> None:
    assert EmailTransport().find(message=message(), since=NOW) is None
