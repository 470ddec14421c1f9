"""Staff sign in with a password; tries are counted in PostgreSQL, so that no flush of a cache resets them (promises 2.1, 10)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from business.models import SignInAttempt
from core import identifiers

# (how many tries, in how long): for one name from one address, and for one name from anywhere.
PER_NAME_AND_ADDRESS = (5, timedelta(minutes=15))
PER_NAME = (20, timedelta(hours=1))
KEEP_FOR = timedelta(days=1)


class WrongPassword(Exception):
    """No active staff user has this name and password. Which of the two is wrong is not told."""


class TooManyAttempts(Exception):
    """Nothing was checked; `retry_in_seconds` says when the next try counts."""

    def __init__(self, retry_in_seconds: int) -> None:
        super().__init__(f"Too many tries. Try again in {-(-retry_in_seconds // 60)} min.")
        self.retry_in_seconds = retry_in_seconds


def sign_in(*, username: str, password: str, ip: str, now: datetime) -> User:
    """The user with this name and password. Raises WrongPassword, TooManyAttempts.

    The try is written before the password is looked at: of a thousand tries at once, five are looked at.
    """
    attempt = SignInAttempt.objects.create(name_digest=_digest(username.casefold()), ip_digest=_digest(ip), at=now)
    wait = max(
        _wait(attempt, PER_NAME_AND_ADDRESS, now=now, ip_digest=attempt.ip_digest),
        _wait(attempt, PER_NAME, now=now),
    )
    if wait:
        attempt.delete()
        raise TooManyAttempts(wait)
    user = authenticate(None, username=username, password=password)
    if not isinstance(user, User):
        raise WrongPassword
    SignInAttempt.objects.filter(name_digest=attempt.name_digest, ip_digest=attempt.ip_digest).delete()
    SignInAttempt.objects.filter(at__lt=now - KEEP_FOR).delete()
    return user


def _wait(attempt: SignInAttempt, limit: tuple[int, timedelta], *, now: datetime, **address: str) -> int:
    """Seconds until the window has room again, 0 when this attempt is within the limit."""
    number, period = limit
    since = now - period
    within = SignInAttempt.objects.filter(name_digest=attempt.name_digest, at__gt=since, **address).order_by("-at")
    times = list(within.values_list("at", flat=True)[: number + 1])
    if len(times) <= number:
        return 0
    return max(1, round((times[number] - since).total_seconds()))


def _digest(value: str) -> str:
    return identifiers.keyed_digest(value, key=settings.SECRET_KEY)
