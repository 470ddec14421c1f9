"""Sign-in by phone code (promises 2.1 and 2.2): request, verify, sign out, and the small session a link from an SMS opens.

Nothing here looks whether a phone belongs to a client before its code was right, so that the answers cannot tell (promises 2.1.6).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from booking.models import KnownDevice, SignInCode, SignInCounter
from booking.signin import budget
from booking.signin.errors import CannotText, CodeEnded, SignInError, TooMany, TooManyCodes, TooManyGuesses, WrongCode
from business import actions as business_actions
from business.models import Business, Channel, Client, ClientSession, Consent
from core import contact, identifiers
from messaging import outbox
from messaging.models import Message, ResumeLink, State

CODE_FOR = timedelta(minutes=10)
SESSION_FOR = timedelta(days=30)
DEVICE_FOR = timedelta(days=365)
DRAFT_SESSION_FOR = timedelta(minutes=30)
KEEP_CODES_FOR = timedelta(hours=24)
KEEP_COUNTERS_FOR = timedelta(days=30)

__all__ = ["CannotText", "CodeEnded", "SignInError", "TooMany", "TooManyCodes", "TooManyGuesses", "WrongCode"]


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


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed in, the device's new session; tokens for the session's and the known device's cookies; `is_new`: no name yet."""

    client: Client
    session: ClientSession
    session_token: str
    device_token: str
    is_new: bool


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
    token, code = identifiers.new_token(), identifiers.new_code()
    challenge = identifiers.digest(token)
    code_hash = make_password(_peppered(challenge, phone, code))
    wants = wants or Wants()
    with transaction.atomic():
        SignInCode.objects.filter(business=business, phone=phone, device_digest=device, used_at=None, replaced_at=None).update(
            replaced_at=now
        )
        SignInCode.objects.create(
            business=business,
            phone=phone,
            challenge_digest=challenge,
            device_digest=device,
            code_hash=code_hash,
            wants_sms=wants.sms,
            wants_email=wants.email,
            phone_known_to_visitor=phone_known_to_visitor,
            created_at=now,
            expires_at=now + CODE_FOR,
        )
    message = outbox.send_code(
        business=business, phone=phone, text=_code_text(business, code), masked=_code_text(business, "······"), now=now
    )
    if message.state == State.FAILED:
        raise CannotText(_refusal(message))
    return Challenge(token=token, phone=phone, resend_at=now + budget.RESEND_AFTER, state=message.state)


def challenge_of(*, business: Business, token: str) -> SignInCode | None:
    """The code this device asked for, alive or ended; None when it asked for none."""
    if not token:
        return None
    return SignInCode.objects.filter(business=business, challenge_digest=identifiers.digest(token)).first()


def change_wants(*, challenge: SignInCode, wants: Wants) -> None:
    """The switches were changed after the code was sent."""
    SignInCode.objects.filter(pk=challenge.pk).update(wants_sms=wants.sms, wants_email=wants.email)


def verify(*, business: Business, challenge_token: str, code: str, visitor: Visitor, now: datetime) -> Verified:
    """Sign in with the code (six digits; spaces, hyphens and full-width digits are fine).

    The guess is paid for before it is looked at: of any number of parallel guesses exactly five are evaluated. Raises CodeEnded,
    WrongCode, TooManyGuesses.
    """
    challenge = challenge_of(business=business, token=challenge_token)
    if challenge is None or not challenge.is_live(now=now):
        raise CodeEnded("This code has expired or was replaced by a newer one. Get a new code.")
    digits = tidy_code(code)
    left = budget.pay_for_guess(challenge, now=now)
    if not check_password(_peppered(challenge.challenge_digest, challenge.phone, digits), challenge.code_hash):
        raise WrongCode(left)
    with transaction.atomic():
        claimed = SignInCode.objects.filter(pk=challenge.pk, used_at=None, replaced_at=None).update(used_at=now)
        if not claimed:
            raise CodeEnded("This code was used or replaced by a newer one. Get a new code.")
        budget.forgive(challenge, at=now)
        client = business_actions.register_client(business=business, phone=challenge.phone, now=now)
        _record_consent(client, Wants(sms=challenge.wants_sms, email=challenge.wants_email), ip=visitor.ip, now=now)
        session_token, session = _open_session(client=client, now=now, lifetime=SESSION_FOR)
        device_token = _remember_device(challenge, token=visitor.device_token, now=now)
    return Verified(client=client, session=session, session_token=session_token, device_token=device_token, is_new=not client.first_name)


def sign_out(*, business: Business, token: str) -> None:
    """End the session behind this cookie on the server. Idempotent."""
    ClientSession.objects.filter(business=business, digest=identifiers.digest(token)).delete()


def introduce(*, client: Client, first_name: str, email: str) -> Client:
    """What a new client tells about themselves; fills only what is empty."""
    client.first_name = client.first_name or first_name
    client.email = client.email or email
    client.save(update_fields=["first_name", "email"])
    return client


def open_draft_session(*, link: ResumeLink, now: datetime) -> tuple[str, ClientSession]:
    """A session of 30 minutes that may only change and confirm the link's draft (draft-lifecycle 9), and its cookie's token."""
    return _open_session(client=link.client, now=now, lifetime=DRAFT_SESSION_FOR, draft_id=link.draft_id)


def tidy_code(text: str) -> str:
    """The digits of what was typed or pasted: full-width digits, spaces and hyphens are fine."""
    return "".join(str(unicodedata.decimal(letter)) for letter in text[:40] if letter.isdecimal())


def prune(*, now: datetime) -> None:
    """Forget codes after 24 hours, counters after 30 days, devices after a year (promises 59)."""
    SignInCode.objects.filter(created_at__lt=now - KEEP_CODES_FOR).delete()
    SignInCounter.objects.filter(at__lt=now - KEEP_COUNTERS_FOR).delete()
    KnownDevice.objects.filter(created_at__lt=now - DEVICE_FOR).delete()


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


def _record_consent(client: Client, wants: Wants, *, ip: str, now: datetime) -> None:
    """Store what the screen said (D13). A known client's switches are only ever turned off here, and STOP stays STOP."""
    seen = Consent.objects.filter(client=client).exists()
    if seen and wants.sms and wants.email:
        return
    stopped = {
        channel: bool(address) and business_actions.has_opted_out(business_id=client.business_id, channel=channel, contact=address)
        for channel, address in ((Channel.SMS, client.phone), (Channel.EMAIL, client.email))
    }
    business_actions.set_preferences(
        client=client,
        wants_sms=wants.sms and client.wants_sms and not stopped[Channel.SMS],
        wants_email=wants.email and client.wants_email and not stopped[Channel.EMAIL],
        source="sign_in",
        ip_digest=budget.ip_digest(ip),
        now=now,
    )


def _open_session(*, client: Client, now: datetime, lifetime: timedelta, draft_id: str = "") -> tuple[str, ClientSession]:
    token = identifiers.new_token()
    ClientSession.objects.filter(client=client, expires_at__lte=now).delete()
    session = ClientSession.objects.create(
        digest=identifiers.digest(token),
        client=client,
        business_id=client.business_id,
        draft_id=draft_id,
        created_at=now,
        expires_at=now + lifetime,
    )
    return token, session


def _remember_device(challenge: SignInCode, *, token: str, now: datetime) -> str:
    token = token if len(token) == len(identifiers.new_token()) else identifiers.new_token()
    KnownDevice.objects.get_or_create(
        business_id=challenge.business_id, phone=challenge.phone, digest=identifiers.digest(token), defaults={"created_at": now}
    )
    return token
