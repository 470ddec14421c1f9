"""Writes about people and numbers of a business: clients, their preferences and consent, opt-outs, audit, day counters."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet

from business.models import AuditEvent, Business, Channel, ChannelOptOut, Client, Consent, DayCounter, Heartbeat
from core import identifiers

CONSENT_TEXT_VERSION = "2026-11"


def register_client(*, business: Business, phone: str, now: datetime, first_name: str = "", last_name: str = "", email: str = "") -> Client:
    """The client with this E.164 phone whose phone was proven just now; made if new. Names and e-mail fill only what is empty (D15)."""
    with transaction.atomic():
        client, _ = Client.objects.select_for_update().get_or_create(business=business, phone=phone, defaults={"created_at": now})
        client.phone_verified_at = now
        client.first_name = client.first_name or first_name
        client.last_name = client.last_name or last_name
        client.email = client.email or email
        client.save()
    return client


def set_preferences(*, client: Client, wants_sms: bool, wants_email: bool, source: str, now: datetime, ip_digest: str = "") -> None:
    """Store both switches, and a Consent row for each with the text version shown (D13). Switching on lifts an opt-out."""
    with transaction.atomic():
        client.wants_sms, client.wants_email = wants_sms, wants_email
        client.save(update_fields=["wants_sms", "wants_email"])
        for channel, granted in ((Channel.SMS, wants_sms), (Channel.EMAIL, wants_email)):
            Consent.objects.create(
                business_id=client.business_id,
                client=client,
                channel=channel,
                granted=granted,
                text_version=CONSENT_TEXT_VERSION,
                source=source,
                ip_digest=ip_digest,
                at=now,
            )
            if granted:
                _opt_outs(client.business_id, channel, client.contact(channel)).delete()


def contact_digest(contact: str, *, key: str = "") -> str:
    """How a phone or an address is stored in an opt-out: under SECRET_KEY, or under `key`, an earlier one."""
    return identifiers.keyed_digest(contact.lower(), key=key or settings.SECRET_KEY)


def contact_digests(contact: str) -> list[str]:
    """Every digest that a STOP of this contact may stand under: with today's secret key, and with those before it."""
    return [contact_digest(contact, key=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def network_digest(ip: str) -> str:
    """How a visitor's network is stored: the IPv4 address, or the /64 of an IPv6 one, as a keyed digest; "" for what is no address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    network = ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address
    return identifiers.keyed_digest(str(network), key=settings.SECRET_KEY)


def opt_out(*, business: Business, channel: Channel, contact: str, source: str, now: datetime) -> None:
    """This number or address said STOP: nothing more goes there from this business (promises 53). Idempotent."""
    ChannelOptOut.objects.get_or_create(
        business=business, channel=channel, contact_digest=contact_digest(contact), defaults={"source": source, "at": now}
    )


def opt_in(*, business: Business, channel: Channel, contact: str) -> None:
    """START: lifts the opt-out of this number or address. Idempotent."""
    _opt_outs(business.pk, channel, contact).delete()


def has_opted_out(*, business_id: int, channel: Channel, contact: str) -> bool:
    """Whether this phone (E.164) or address said STOP to this business on this channel, be it before the last change of SECRET_KEY."""
    return _opt_outs(business_id, channel, contact).exists()


def has_stopped(*, client: Client, channel: Channel) -> bool:
    """Whether this client's phone or address said STOP to their business; False when there is none on file."""
    contact = client.contact(channel)
    return bool(contact) and has_opted_out(business_id=client.business_id, channel=channel, contact=contact)


def _opt_outs(business_id: int, channel: Channel, contact: str) -> QuerySet[ChannelOptOut]:
    return ChannelOptOut.objects.filter(business_id=business_id, channel=channel, contact_digest__in=contact_digests(contact))


def audit(
    *, business: Business, actor: User | None, action: str, object_id: str, now: datetime, meta: Mapping[str, object] | None = None
) -> None:
    """Write one line of the log that is only added to. `meta` holds ids and outcomes, never texts or numbers of people."""
    AuditEvent.objects.create(business=business, actor=actor, action=action, object_id=object_id, meta=dict(meta or {}), at=now)


def count(*, business: Business, now: datetime, amounts: Mapping[str, int]) -> None:
    """Add `amounts` to the counters of the business's present day, each atomically (D17). Names: `captured`, `reminded_sms`,
    `reminded_email`, `recovered`, `recovered_value_minor`, `recovered_link`, `recovered_staff`, `recovered_reminder`, `recovered_self`."""
    day = now.astimezone(business.zone).date()
    table = connection.ops.quote_name(DayCounter._meta.db_table)  # noqa: SLF001
    with connection.cursor() as cursor:
        # Sorted, so that two transactions that add the same counters never wait for each other in a ring.
        for name, amount in sorted(amounts.items()):
            cursor.execute(
                f"INSERT INTO {table} (business_id, day, name, value) VALUES (%s, %s, %s, %s)"  # noqa: S608 - our own table's name
                f" ON CONFLICT (business_id, day, name) DO UPDATE SET value = {table}.value + EXCLUDED.value",
                [business.pk, day, name, amount],
            )


def beat(*, name: str, now: datetime) -> None:
    """A sweep came round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
