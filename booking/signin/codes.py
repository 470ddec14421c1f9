"""The codes themselves: which numbers can be texted, a new code on its way, the code a device asked for (promises 2.1 and 2.2).

Nothing here looks whether a phone belongs to a client, so that the answers cannot tell (promises 2.1.6).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from booking.models import KnownDevice, SignInCode
from booking.signin import budget
from booking.signin.errors import CannotText
from business.models import Business
from core import contact, identifiers
from messaging import outbox
from messaging.models import Message, State

CODE_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The device that asks: its address, the token of its known-device cookie ("" without one)."""

    ip: str
    device_token: str = ""


@dataclass(frozen=True, slots=True)
class Wants:
    """The two switches under "Change" on the sign-in page (D13)."""

    sms: bool = True
    email: bool = True


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code on its way: the token for the device's cookie, where it went, when another may be asked for (UTC), the message's state."""

    token: str
    phone: str
    resend_at: datetime
    state: str


def textable_number(*, business: Business, text: str, region: str) -> str:
    """`text` as typed, read as a number of `region`, to E.164. Raises CannotText: no such number, country not allowed, not a mobile."""
    try:
        phone = contact.to_e164(text[:40], region=region)
    except contact.BadPhone as bad:
        raise CannotText(str(bad)) from None
    if contact.region_of(phone) not in business.textable_countries:
        raise CannotText("We can't text numbers from that country. Use another mobile number, or call us to book.")
    if not contact.can_be_texted(phone):
        raise CannotText("We can't text that number. Enter a mobile number.")
    return phone


def request_code(
    *,
    business: Business,
    phone: str,
    visitor: Visitor,
    now: datetime,
    wants: Wants | None = None,
    phone_known_to_visitor: bool = True,
) -> Challenge:
    """Text a new code to `phone` (E.164, from textable_number); only this newest one is valid from now on.

    Calls the provider in the request (5 s). Raises TooManyCodes, TooManyGuesses, CannotText. The same for known and unknown phones.
    """
    device = _known_device(business=business, phone=phone, token=visitor.device_token)
    budget.refuse_locked(business=business, phone=phone, device=device, now=now)
    budget.break_circuit(business=business, device=device, now=now)
    budget.spend_send(business=business, phone=phone, device=device, ip=visitor.ip, now=now)
    wants = wants or Wants()
    token, code = identifiers.new_token(), identifiers.new_code()
    challenge = identifiers.digest(token)
    fresh = SignInCode(
        business=business,
        phone=phone,
        challenge_digest=challenge,
        device_digest=device,
        code_hash=make_password(_peppered(challenge, phone, code)),
        wants_sms=wants.sms,
        wants_email=wants.email,
        phone_known_to_visitor=phone_known_to_visitor,
        created_at=now,
        expires_at=now + CODE_FOR,
    )
    _replace_earlier(fresh)
    state = _text(business=business, phone=phone, code=code, now=now)
    return Challenge(token=token, phone=phone, resend_at=now + budget.RESEND_AFTER, state=state)


def _replace_earlier(fresh: SignInCode) -> None:
    """Store the new code; the one this device (or any unknown one) still had for the phone ends."""
    live = SignInCode.objects.filter(
        business=fresh.business, phone=fresh.phone, device_digest=fresh.device_digest, used_at=None, replaced_at=None
    )
    with transaction.atomic():
        live.update(replaced_at=fresh.created_at)
        fresh.save(force_insert=True)


def _text(*, business: Business, phone: str, code: str, now: datetime) -> str:
    """Send the code; the message's state. What is stored about it has no digits. Raises CannotText."""
    text, masked = _code_text(business, code), _code_text(business, "······")
    message = outbox.send_code(business=business, phone=phone, text=text, masked=masked, now=now)
    if message.state == State.FAILED:
        raise CannotText(_refusal(message))
    return message.state


def challenge_of(*, business: Business, token: str) -> SignInCode | None:
    """The code this device asked for, alive or ended; None when it asked for none."""
    if not token:
        return None
    return SignInCode.objects.filter(business=business, challenge_digest=identifiers.digest(token)).first()


def change_wants(*, challenge: SignInCode, wants: Wants) -> None:
    """The switches were changed after the code was sent."""
    SignInCode.objects.filter(pk=challenge.pk).update(wants_sms=wants.sms, wants_email=wants.email)


def fits(challenge: SignInCode, digits: str) -> bool:
    """Whether these are the digits that were texted. Slow on purpose; pay for the guess first."""
    return check_password(_peppered(challenge.challenge_digest, challenge.phone, digits), challenge.code_hash)


def tidy_code(text: str) -> str:
    """The digits of what was typed or pasted: full-width digits, spaces and hyphens are fine."""
    return "".join(str(unicodedata.decimal(letter)) for letter in text[:40] if letter.isdecimal())


def _peppered(challenge_digest: str, phone: str, code: str) -> str:
    return identifiers.keyed_digest(f"{challenge_digest}|{phone}|{code}", key=settings.SECRET_KEY)


def _code_text(business: Business, code: str) -> str:
    host = urlsplit(settings.SITE_URL).hostname or ""
    return f"{code} is your {business.name} code.\n\n@{host} #{code}"


def _refusal(message: Message) -> str:
    if message.reason == "provider_busy":
        return "Texts can't be sent right now. Try again in a minute."
    return "We couldn't text that number. Check it, or use another one."


def _known_device(*, business: Business, phone: str, token: str) -> str:
    if not token:
        return ""
    digest = identifiers.digest(token)
    return digest if KnownDevice.objects.filter(business=business, phone=phone, digest=digest).exists() else ""
