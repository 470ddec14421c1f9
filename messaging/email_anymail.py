"""E-mail through Django's mail backends: Anymail's providers or plain SMTP, errors translated into our three."""

import smtplib
from collections.abc import Sequence
from datetime import datetime
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused, AnymailRequestsAPIError
from anymail.message import AnymailMessage
from django.conf import settings
from django.core.mail import BadHeaderError, get_connection

from messaging.models import Message
from messaging.transport import (
    TOO_MANY,
    Busy,
    Content,
    Found,
    Receipt,
    Rejected,
    Sender,
    Unclear,
    never_written,
    refusal,
    retry_after,
    within,
)


class EmailTransport:
    def send(self, *, message: Message, content: Content, sender: Sender, timeout_seconds: float) -> Receipt:
        mail = build(message, content, sender)
        within(timeout_seconds, lambda: _hand_over(mail))
        return _receipt(mail, message)

    def find(self, *, message: Message, since: datetime) -> Sequence[Found] | None:
        """Mail providers keep no list that can be asked for one message: only their reports tell."""
        return None


def build(message: Message, content: Content, sender: Sender) -> AnymailMessage:
    """The whole mail: from the business, answers to the business, a Message-ID that is the same at every attempt, no tracking."""
    headers = {"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"}
    if settings.EMAIL_PROVIDER == "postmark":
        headers["X-PM-KeepID"] = "true"  # otherwise Postmark replaces the Message-ID
    if sender.preferences_url:
        headers["List-Unsubscribe"] = f"<{sender.preferences_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = AnymailMessage(
        subject=content.subject,
        body=content.text,
        from_email=formataddr((sender.name, settings.DEFAULT_FROM_EMAIL)),
        to=[message.recipient],
        reply_to=[formataddr((sender.name, sender.reply_to))] if sender.reply_to else None,
        headers=headers,
        metadata={"message_id": str(message.pk), "business_id": str(message.business_id)},
        tags=[message.kind],
        track_clicks=False,
        track_opens=False,
    )
    mail.attach_alternative(content.html, "text/html")
    return mail


def message_id(message: Message) -> str:
    """Deterministic, so that a mail that goes out twice is recognised as one."""
    return f"<{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def _hand_over(mail: AnymailMessage) -> None:
    """Open first: what fails there never reached the provider."""
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise Rejected("provider_refused") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Busy from error
    try:
        if not connection.send_messages([mail]):
            raise Rejected("not_accepted")
    except BadHeaderError as error:
        raise Rejected("bad_header") from error
    except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
        raise Rejected("bad_address") from error
    except AnymailRequestsAPIError as error:
        raise _after_api_error(error) from error
    except AnymailError as error:
        raise Unclear(type(error).__name__) from error
    except smtplib.SMTPException as error:
        raise _after_smtp_error(error) from error
    except OSError as error:
        raise Unclear(type(error).__name__) from error
    finally:
        connection.close()


def _after_api_error(error: Any) -> Rejected | Busy | Unclear:
    status = error.status_code
    if status is None:
        return Busy() if never_written(error.__cause__) else Unclear(type(error.__cause__).__name__)
    return Busy(retry_after(error.response.headers)) if status == TOO_MANY else refusal(status, reason=f"mail_{status}")


def _after_smtp_error(error: smtplib.SMTPException) -> Rejected | Busy | Unclear:
    """A 4yz answer means not taken now, 5yz never; a connection that broke means nobody knows."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Rejected("bad_address") if all(code >= 500 for code in codes) else Busy()
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 400:
        return Rejected("not_accepted") if error.smtp_code >= 500 else Busy()
    return Unclear(type(error).__name__)


def _receipt(mail: AnymailMessage, message: Message) -> Receipt:
    """The provider's own id; with SMTP there is none but the Message-ID. Anymail may come back without an error and without an id."""
    status = mail.anymail_status
    if status.status is None:
        return Receipt(provider_id=message_id(message))
    if isinstance(status.message_id, str) and status.message_id:
        return Receipt(provider_id=status.message_id, delivery="sent" if status.status == {"sent"} else "queued")
    answered = getattr(status.esp_response, "status_code", 0)
    raise Rejected(f"mail_{answered}") if 400 <= answered < 500 else Unclear("accepted without an id")
