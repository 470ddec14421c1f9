"""Sign-in by phone code (promises 2.1 and 2.2): verify, sign out, and the small session a link from an SMS opens.

The codes are in `codes`, how many of them may be sent and tried in `budget`, what can go wrong in `errors`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from booking.models import KnownDevice, SignInCode, SignInCounter
from booking.signin import budget, codes
from booking.signin.codes import Challenge, Visitor, Wants, challenge_of, change_wants, request_code, textable_number, tidy_code
from booking.signin.errors import CannotText, CodeEnded, SignInError, TooMany, TooManyCodes, TooManyGuesses, WrongCode
from business import actions as business_actions
from business.models import Business, Channel, Client, ClientSession, Consent
from core import identifiers
from drafts.lifecycle import KEEP_FOR
from messaging.models import ResumeLink

SESSION_FOR = timedelta(days=30)
DEVICE_FOR = timedelta(days=365)
DRAFT_SESSION_FOR = timedelta(minutes=30)
KEEP_CODES_FOR = timedelta(hours=24)
KEEP_COUNTERS_FOR = timedelta(days=30)

__all__ = [
    "CannotText",
    "Challenge",
    "CodeEnded",
    "SignInError",
    "TooMany",
    "TooManyCodes",
    "TooManyGuesses",
    "Visitor",
    "Wants",
    "WrongCode",
    "challenge_of",
    "change_wants",
    "request_code",
    "textable_number",
    "tidy_code",
]


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed in, the device's new session; tokens for the session's and the known device's cookies; `is_new`: no name yet."""

    client: Client
    session: ClientSession
    session_token: str
    device_token: str
    is_new: bool


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
    if not codes.fits(challenge, digits):
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


def prune(*, now: datetime) -> None:
    """Forget codes after 24 hours, counters after 30 days, devices after a year, and sessions that have ended with the note in them
    (promises 59). What is remembered on a device that stays signed in goes after 24 hours like the draft, the note with it."""
    ClientSession.objects.filter(expires_at__lte=now).delete()
    ClientSession.objects.filter(selection__at__lt=int((now - KEEP_FOR).timestamp())).update(selection={})
    SignInCode.objects.filter(created_at__lt=now - KEEP_CODES_FOR).delete()
    SignInCounter.objects.filter(at__lt=now - KEEP_COUNTERS_FOR).delete()
    KnownDevice.objects.filter(created_at__lt=now - DEVICE_FOR).delete()


def _record_consent(client: Client, wants: Wants, *, ip: str, now: datetime) -> None:
    """Store what the screen said (D13). A known client's switches are only ever turned off here, and STOP stays STOP."""
    seen = Consent.objects.filter(client=client).exists()
    if seen and wants.sms and wants.email:
        return
    business_actions.set_preferences(
        client=client,
        wants_sms=wants.sms and client.wants_sms and not business_actions.has_stopped(client=client, channel=Channel.SMS),
        wants_email=wants.email and client.wants_email and not business_actions.has_stopped(client=client, channel=Channel.EMAIL),
        source="sign_in",
        ip_digest=business_actions.network_digest(ip),
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
