"""A person said stop, or start again: by SMS, by a mail client's button, on the preferences page or through the provider (promises 53, 54)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from business import actions as business_actions
from business.models import Business, Channel, Client, Consent
from messaging.models import Message, State
from messaging.outbox.keys import revoke_links

_PREFERENCE = {Channel.SMS: "wants_sms", Channel.EMAIL: "wants_email"}
_CONTACT = {Channel.SMS: "phone", Channel.EMAIL: "email__iexact"}


def stop_channel(*, business: Business, channel: Channel, contact: str, source: str, now: datetime) -> None:
    """Nothing more goes to this contact from this business: opt-out, preference, consent row, and queued rows are cancelled. Idempotent."""
    with transaction.atomic():
        business_actions.opt_out(business=business, channel=channel, contact=contact, source=source, now=now)
        _change_preference(business, channel, contact, wanted=False, source=source, now=now)
        Message.objects.filter(business=business, channel=channel, recipient=contact, state=State.QUEUED).update(
            state=State.CANCELLED, reason="opted_out", done_at=now, claim=None
        )


def start_channel(*, business: Business, channel: Channel, contact: str, source: str, now: datetime) -> None:
    """START: lifts the opt-out and switches on again what it had switched off. Idempotent.

    Without an opt-out nothing changes: "Yes" in answer to a reminder is no wish for what was switched off on a preferences page.
    """
    if not business_actions.has_opted_out(business_id=business.pk, channel=channel, contact=contact):
        return
    with transaction.atomic():
        business_actions.opt_in(business=business, channel=channel, contact=contact)
        _change_preference(business, channel, contact, wanted=True, source=source, now=now)


def unsubscribe_by_mail_client(*, client: Client, now: datetime) -> None:
    """RFC 8058: the mail program's own button. No e-mail any more, and no link of an earlier one works; SMS stay as they are. Idempotent."""
    with transaction.atomic():
        revoke_links(client=client, channels=[Channel.EMAIL], now=now)
        if client.email:
            stop_channel(business=client.business, channel=Channel.EMAIL, contact=client.email, source="one_click", now=now)
        elif client.wants_email:
            Client.objects.filter(pk=client.pk).update(wants_email=False)


def choose_by_link(*, client: Client, wanted: Mapping[Channel, bool], now: datetime, ip_digest: str) -> None:
    """The page behind the link in a message: both switches are stored, and links of a channel that is off now stop working."""
    with transaction.atomic():
        business_actions.set_preferences(
            client=client,
            wants_sms=wanted[Channel.SMS],
            wants_email=wanted[Channel.EMAIL],
            source="preferences",
            now=now,
            ip_digest=ip_digest,
        )
        revoke_links(client=client, channels=[channel for channel, on in wanted.items() if not on], now=now)


def businesses_texting(phone: str) -> list[Business]:
    """Every business that knows or has texted this number: all of them text from the same number."""
    known = Business.objects.filter(clients__phone=phone)
    texted = Business.objects.filter(pk__in=Message.objects.filter(channel=Channel.SMS, recipient=phone).values("business_id"))
    return list((known | texted).distinct().order_by("pk"))


def _change_preference(business: Business, channel: Channel, contact: str, *, wanted: bool, source: str, now: datetime) -> None:
    field = _PREFERENCE[channel]
    affected = Client.objects.filter(business=business, **{_CONTACT[channel]: contact, field: not wanted})
    for client in affected:
        Consent.objects.create(
            business=business,
            client=client,
            channel=channel,
            granted=wanted,
            text_version=business_actions.CONSENT_TEXT_VERSION,
            source=source,
            at=now,
        )
    affected.update(**{field: wanted})
