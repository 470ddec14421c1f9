"""How many codes may be sent and tried, and by whom (promises 2.1 and 2.2). All counts are exact and atomic in PostgreSQL."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from booking.models import Limit, SignInCode, SignInCounter
from booking.signin.errors import TooManyCodes, TooManyGuesses
from business.actions import network_digest
from business.models import Business
from core import identifiers

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=30)
GUESSES = 5
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
BUSINESS_SENDS_A_DAY = 500
PLATFORM_SENDS_A_DAY = 5000
BREAKER_LAST, BREAKER_SHARE, BREAKER_WINDOW = 50, 0.2, timedelta(hours=1)


def _subject(*parts: object) -> str:
    return identifiers.keyed_digest("|".join(str(part) for part in parts), key=settings.SECRET_KEY)


def _guess_limits(business_id: int, phone: str, device: str) -> list[Limit]:
    """20 wrong codes in 24 hours and 50 in a row per phone; a known device has 5 a day of its own (promises 2.1.3 and 7)."""
    if device:
        return [Limit("device_failure", _subject(business_id, phone, device), GUESSES, DAY)]
    subject = _subject(phone)
    return [Limit("failure", subject, 20, DAY), Limit("failure_streak", subject, 50, None)]


def refuse_locked(*, business: Business, phone: str, device: str, now: datetime) -> None:
    """Raises TooManyGuesses while this phone, or this known device's own account, has no wrong code left (promises 2.1.3 and 7)."""
    if used_up := SignInCounter.objects.used_up(_guess_limits(business.pk, phone, device), now=now):
        raise _too_many_guesses(used_up[1])


def _too_many_guesses(free_at: datetime) -> TooManyGuesses:
    return TooManyGuesses("Too many wrong codes for this number. For safety, signing in with it is paused for now.", free_at=free_at)


def pay_for_guess(challenge: SignInCode, *, now: datetime) -> int:
    """Reserve one of the five tries and one failure of the phone, atomically. Returns the tries left."""
    with transaction.atomic():
        reserved = SignInCode.objects.filter(
            pk=challenge.pk, attempts__lt=GUESSES, used_at=None, replaced_at=None, expires_at__gt=now
        ).update(attempts=F("attempts") + 1)
        if not reserved:
            raise TooManyGuesses("Too many tries with this code. Get a new one.", free_at=challenge.created_at + RESEND_AFTER)
        limits = _guess_limits(challenge.business_id, challenge.phone, challenge.device_digest)
        if refused := SignInCounter.objects.spend(limits, now=now):
            raise _too_many_guesses(refused[1])
        challenge.refresh_from_db(fields=["attempts"])
    return GUESSES - challenge.attempts


def forgive(challenge: SignInCode, *, at: datetime) -> None:
    """The guess paid for at `at` was right: it is no failure, and the row of failures ends."""
    limits = _guess_limits(challenge.business_id, challenge.phone, challenge.device_digest)
    SignInCounter.objects.give_back(limits, at=at)
    SignInCounter.objects.reset(name="failure_streak", subject=_subject(challenge.phone))


def spend_send(*, business: Business, phone: str, device: str, ip: str, now: datetime) -> None:
    """Limits of promises 2.2.12; a known device's sends count on its own account, networks and budgets on everybody's."""
    subject = _subject(business.pk, phone, device) if device else _subject(phone)
    name = "device_send" if device else "send"
    limits = [
        Limit(name, subject, 1, RESEND_AFTER),
        Limit(name, subject, 5, HOUR),
        Limit(name, subject, 10, DAY),
        Limit("send_prefix", _subject(phone[:-4]), 20, HOUR),
        Limit("send_business", _subject(business.pk), BUSINESS_SENDS_A_DAY, DAY),
        Limit("send_platform", _subject("all"), PLATFORM_SENDS_A_DAY, DAY),
    ]
    if network := network_digest(ip):
        limits.append(Limit("send_ip", network, 10, HOUR))
    if refused := SignInCounter.objects.spend(limits, now=now):
        limit, free_at = refused
        if limit.name in {"send_business", "send_platform", "send_prefix"}:
            logger.error("sign-in codes: the limit %s of business %s is used up", limit.name, business.pk)
        several = _JUST_NOW if limit.window == RESEND_AFTER else _SEVERAL
        raise TooManyCodes(_SEND_REFUSALS.get(limit.name, several), free_at=free_at)


_JUST_NOW = "We texted a code to this number a moment ago."
_SEVERAL = "We have sent several codes to this number."
_SEND_REFUSALS = {
    "send_ip": "Many codes were asked for from your network.",
    "send_prefix": "Texts are very busy at the moment.",
    "send_business": "Texts are very busy at the moment.",
    "send_platform": "Texts are very busy at the moment.",
}


def break_circuit(*, business: Business, device: str, now: datetime) -> None:
    """Fewer than a fifth of the last 50 codes to unknown devices were used: stop issuing for the hour (promises 2.1.9 and 2.2.12)."""
    if device:
        return
    last = list(
        SignInCode.objects.filter(business=business, device_digest="", created_at__gt=now - BREAKER_WINDOW)
        .order_by("-created_at")
        .values_list("used_at", "created_at")[:BREAKER_LAST]
    )
    if len(last) == BREAKER_LAST and sum(used is not None for used, _ in last) < BREAKER_SHARE * BREAKER_LAST:
        logger.error("sign-in codes: business %s stopped, too few of the last %s codes were used", business.pk, BREAKER_LAST)
        raise TooManyCodes(_SEND_REFUSALS["send_business"], free_at=last[-1][1] + BREAKER_WINDOW)
