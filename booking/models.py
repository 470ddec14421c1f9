"""Sign-in codes, the counters that limit them, and devices that signed in before. In PostgreSQL, so that flushing Redis resets nothing
(promises 2.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import connection, models, transaction
from django.db.models import F

from business.models import Business

COOL_DOWN = timedelta(hours=24)


class SignInCode(models.Model):
    """One code sent to one phone for one device. Only a salted, peppered hash of the code is stored."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=16)
    challenge_digest = models.CharField(max_length=64, unique=True, help_text="Digest of the token in the device's challenge cookie.")
    device_digest = models.CharField(max_length=64, blank=True, help_text="Set when this device signed in with this phone before.")
    code_hash = models.CharField(max_length=128)
    attempts = models.PositiveSmallIntegerField(default=0)
    wants_sms = models.BooleanField(default=True)
    wants_email = models.BooleanField(default=True)
    phone_known_to_visitor = models.BooleanField(default=True, help_text="False when a link asked for the code: the page must not show it.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["business", "phone", "-created_at"], name="code_newest"),
            models.Index(fields=["business", "-created_at"], name="code_by_age"),
        ]

    def __str__(self) -> str:
        return f"Code {self.pk}"

    def is_live(self, *, now: datetime) -> bool:
        """It may still be entered: not used, not replaced by a newer one, not older than ten minutes."""
        return not self.used_at and not self.replaced_at and self.expires_at > now


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` events called `name` about `subject` (a digest) in any stretch of `window`. `window` None: since the last reset."""

    name: str
    subject: str
    most: int
    window: timedelta | None


class SignInCounters(models.Manager["SignInCounter"]):
    def spend(self, limits: Iterable[Limit], *, now: datetime) -> tuple[Limit, datetime] | None:
        """Count one event against every limit, or against none: then the limit that is used up and when it frees itself again.

        Atomic for any number of parallel callers: one advisory lock per subject, taken in sorted order and held to the commit.
        """
        ordered = sorted(set(limits), key=lambda limit: (limit.name, limit.subject, limit.most))
        with transaction.atomic():
            self._lock({f"{limit.name}:{limit.subject}" for limit in ordered})
            if refused := self.used_up(ordered, now=now):
                return refused
            for name, subject in {(limit.name, limit.subject): None for limit in ordered}:
                counter, _ = self.get_or_create(name=name, subject_digest=subject, at=now)
                self.filter(pk=counter.pk).update(count=F("count") + 1)
        return None

    def used_up(self, limits: Iterable[Limit], *, now: datetime) -> tuple[Limit, datetime] | None:
        """The first of `limits` that has nothing left, and when it frees itself; None when all have something left.

        Forgets the events of a limit without a window that has cooled down.
        """
        return next(((limit, free_at) for limit in limits if (free_at := self._free_at(limit, now=now))), None)

    def give_back(self, limits: Iterable[Limit], *, at: datetime) -> None:
        """Undo one event that was counted at `at`: what was reserved turned out to be none."""
        for name, subject in {(limit.name, limit.subject): None for limit in limits}:
            self.filter(name=name, subject_digest=subject, at=at, count__gt=0).update(count=F("count") - 1)

    def reset(self, *, name: str, subject: str) -> None:
        """Forget every event of this name about this subject."""
        self.filter(name=name, subject_digest=subject).delete()

    def _lock(self, keys: set[str]) -> None:
        with connection.cursor() as cursor:
            for key in sorted(keys):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])

    def _free_at(self, limit: Limit, *, now: datetime) -> datetime | None:
        """When a limit that is used up has something left again; None for one that has."""
        events = self.filter(name=limit.name, subject_digest=limit.subject, count__gt=0).order_by("-at").values_list("at", "count")
        if limit.window is None:
            return self._cooled_down_at(limit, list(events), now=now)
        seen = 0
        for at, count in events.filter(at__gt=now - limit.window):
            seen += count
            if seen >= limit.most:
                return at + limit.window
        return None

    def _cooled_down_at(self, limit: Limit, events: Sequence[tuple[datetime, int]], *, now: datetime) -> datetime | None:
        """A limit without a window rests for COOL_DOWN after its last event (`events`: newest first); then its events are forgotten."""
        if sum(count for _, count in events) < limit.most:
            return None
        free_at = events[0][0] + COOL_DOWN
        if free_at > now:
            return free_at
        self.reset(name=limit.name, subject=limit.subject)
        return None


class SignInCounter(models.Model):
    """That something happened at a moment: a send to a phone, from a network, to a prefix; a wrong code for a phone."""

    name = models.CharField(max_length=24)
    subject_digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    objects: ClassVar[SignInCounters] = SignInCounters()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "subject_digest", "at"], name="one_counter_per_moment")]
        indexes: ClassVar = [models.Index(fields=["at"], name="sign_in_counter_by_age")]

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class KnownDevice(models.Model):
    """A device that proved this phone before. It keeps a budget of its own, so that a stranger's failures cannot lock its owner out."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, help_text="Digest of the token in the device's cookie.")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "phone", "digest"], name="one_device_per_phone")]

    def __str__(self) -> str:
        return f"Device {self.pk}"
