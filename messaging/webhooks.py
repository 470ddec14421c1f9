"""What the providers tell us: verify, normalise, one call. Never calls out, and answers 200 to what it does not need."""

import logging
import re
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from business.models import Channel
from core import clock
from messaging import outbox
from messaging.models import Message

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
STOP_WORDS = {"STOP", "STOPALL", "QUIT", "END", "REVOKE", "OPTOUT", "CANCEL", "UNSUBSCRIBE", "ARRET"}
START_WORDS = {"START", "YES", "UNSTOP"}
TWILIO_OPTED_OUT = "21610"
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

TRACKING_VIEWS = {
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
    "mailgun": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
}
# Anymail's normalised events to the words of outbox.RANKS; opens and clicks are neither asked for nor kept.
DELIVERY = {
    "queued": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "rejected": "rejected",
    "bounced": "bounced",
    "failed": "failed",
    "complained": "complained",
    "unsubscribed": "delivered",
}

View = Callable[..., HttpResponse]


def _small(view: View) -> View:
    """Refuse bodies above 64 KB before they are parsed."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not str(length).isdigit() or int(length) > LARGEST_BODY:
            return HttpResponse("too large", status=413, content_type="text/plain")
        return view(request, *args, **kwargs)

    return wrapper


def _signed_by_twilio(view: View) -> View:
    """The signature covers the address Twilio called, which is built from SITE_URL: what a proxy or a Host header says does not matter."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        signature = request.META.get("HTTP_X_TWILIO_SIGNATURE", "")
        validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
        address = settings.SITE_URL + request.get_full_path()
        if not settings.TWILIO_AUTH_TOKEN or not signature or not validator.validate(address, request.POST, signature):
            return HttpResponseForbidden("wrong signature", content_type="text/plain")
        return view(request, *args, **kwargs)

    return wrapper


@csrf_exempt
@require_POST
@_small
@_signed_by_twilio
def twilio_status(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Twilio's report about one SMS."""
    code = request.POST.get("ErrorCode", "")
    known = f"twilio_{code}" if code.isdigit() else ""
    outbox.record_status(
        message_id=message_id,
        provider_id=request.POST.get("MessageSid", "")[:128],
        delivery=request.POST.get("MessageStatus", ""),
        reason="opted_out" if code == TWILIO_OPTED_OUT else known[:40],
        now=clock.now(),
    )
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@_small
@_signed_by_twilio
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """An answer to our number. STOP and START count for every business that texts this number, because they share ours.

    Twilio itself confirms STOP, START and HELP, once; we stay silent.
    """
    phone, word = request.POST.get("From", ""), keyword(request.POST.get("Body", ""), request.POST.get("OptOutType", ""))
    now = clock.now()
    change = {"STOP": outbox.stop_channel, "START": outbox.start_channel}.get(word)
    if change and phone:
        for business in outbox.businesses_texting(phone):
            change(business=business, channel=Channel.SMS, contact=phone, source="stop", now=now)
    return HttpResponse(EMPTY_TWIML, content_type="text/xml")


def keyword(body: str, opt_out_type: str = "") -> str:
    """STOP, START, HELP or "". Twilio's own verdict (Advanced Opt-Out) counts first, else the whole body, whatever its case, accents and
    punctuation: "Stop.", "opt-out", "ARRÊT" (promises 53)."""
    if opt_out_type in {"STOP", "START", "HELP"}:
        return opt_out_type
    letters = re.sub(r"[^A-Z]", "", unicodedata.normalize("NFKD", body[:200]).upper())
    if letters in STOP_WORDS:
        return "STOP"
    if letters in START_WORDS:
        return "START"
    return "HELP" if letters in {"HELP", "INFO"} else ""


@csrf_exempt
@require_POST
@_small
def anymail(request: HttpRequest) -> HttpResponse:
    """The mail provider's reports, read by Anymail, which then calls `on_tracking`. Without a secret nobody is believed."""
    secrets = [one for one in str(settings.ANYMAIL.get("WEBHOOK_SECRET", "")).split(",") if ":" in one]
    path = TRACKING_VIEWS.get(settings.EMAIL_PROVIDER)
    if path is None or not secrets:
        raise Http404("There is no mail provider to listen to.")
    view = import_string(path)()
    view.basic_auth = secrets  # several at once, so that one can be changed without losing reports
    view.setup(request)
    try:
        answer: HttpResponse = view.dispatch(request)
    except (ValueError, KeyError, TypeError) as error:  # what claims to be a report and is none
        raise SuspiciousOperation("unreadable report") from error
    return answer


def on_tracking(sender: Any, event: Any, esp_name: str, **_: Any) -> None:
    """Anymail's signal: one event about one mail."""
    message = _message_of(event)
    if message is None or event.event_type not in DELIVERY:
        logger.info("mail report ignored: %s for no message of ours", event.event_type)
        return
    stops = event.event_type in {"complained", "unsubscribed"}
    outbox.record_status(
        message_id=message.pk,
        provider_id=message.provider_id,
        delivery=DELIVERY[event.event_type],
        reason="opted_out" if stops else (f"mail_{event.event_type}" if event.event_type in {"bounced", "rejected", "failed"} else ""),
        now=clock.now(),
    )


def _message_of(event: Any) -> Message | None:
    """By our own id in the metadata, else by the provider's; only if business and recipient are the message's."""
    told = event.metadata or {}
    try:
        which = {"pk": UUID(str(told["message_id"]))} if "message_id" in told else {"provider_id": event.message_id or "-"}
    except ValueError:
        return None
    message = Message.objects.filter(channel=Channel.EMAIL, **which).first()
    if message is None or str(told.get("business_id", message.business_id)) != str(message.business_id):
        return None
    same = (event.recipient or message.recipient).casefold() == message.recipient.casefold()
    return message if same else None
