"""Whether an unfinished booking's client is reminded, over which channels, and why not: plain Python, every reason with a name.

The order is that of the policy (draft-lifecycle 5): the first reason that holds is the one that is stored and shown (D14).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

KEEP_CLEAR_OF_PURGE = timedelta(hours=1)


class Reason(StrEnum):
    """Why nothing is sent, in the order in which it is asked."""

    CONVERTED = "converted"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    AUTOMATION_OFF = "automation_off"
    ENABLED_LATER = "enabled_later"
    NO_CONTACT = "no_contact"
    PREFERENCE_OFF = "preference_off"
    OPTED_OUT = "opted_out"
    IN_FLIGHT = "in_flight"
    TIME_PASSED = "time_passed"
    QUIET_HOURS = "quiet_hours"
    UNRENDERABLE = "unrenderable"


_ORDER = {reason: place for place, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the day, in the business's zone, in which nothing is sent by itself. `starts` after `ends` means over midnight."""

    starts: time
    ends: time
    zone: ZoneInfo

    def end_after(self, now: datetime) -> datetime | None:
        """The moment (UTC) at which the quiet hours around `now` end; None when `now` is not quiet."""
        local = now.astimezone(self.zone)
        clock = local.time()
        over_midnight = self.starts > self.ends
        quiet = clock >= self.starts or clock < self.ends if over_midnight else self.starts <= clock < self.ends
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if clock >= self.ends else 0)
        # An end that the clock passes twice means the later one when the earlier is over; one that it skips moves on by the gap.
        ends = (datetime.combine(day, self.ends, tzinfo=self.zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return next((end for end in ends if end > now), now)


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is known about one channel at this moment. `enabled_at`: since when the business's switch is on; None: it is off."""

    enabled_at: datetime | None
    has_contact: bool
    wanted: bool
    opted_out: bool = False
    in_flight: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """One draft at the moment of deciding. `superseded`: the client came back, or somebody has handled it. Moments in UTC."""

    now: datetime
    review_expires_at: datetime
    purge_at: datetime
    start_at: datetime | None
    channels: Mapping[str, ChannelFacts]
    manual: bool = False
    converted: bool = False
    superseded: bool = False
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Channel → the moment from which its message may go. `skipped`: the other channels, each with its reason."""

    channels: Mapping[str, datetime]
    skipped: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing is sent: channel → reason."""

    reasons: Mapping[str, Reason]

    @property
    def reason(self) -> Reason:
        """The one to tell in a word: that of the channel which came closest to being used."""
        return closest(self.reasons.values())


def closest(reasons: Iterable[Reason]) -> Reason:
    """Of several reasons, the one asked last: it is the one that somebody can do something about."""
    return max(reasons, key=_ORDER.__getitem__)


def decide(facts: Facts) -> Send | Skip:
    """The policy. A manual send asks the same questions but for the switch, the requested time and quiet hours (S48, S49, D10, D11)."""
    reasons: dict[str, Reason] = {}
    send: dict[str, datetime] = {}
    for name, channel in facts.channels.items():
        reason = _about_draft(facts) or _about_channel(facts, channel) or _about_time(facts)
        if reason is None:
            send[name] = _quiet_end(facts) or facts.now
        else:
            reasons[name] = reason
    return Send(channels=send, skipped=reasons) if send else Skip(reasons=reasons)


def _about_draft(facts: Facts) -> Reason | None:
    if facts.converted:
        return Reason.CONVERTED
    if facts.superseded:
        return Reason.SUPERSEDED
    return Reason.EXPIRED if facts.now >= facts.purge_at else None


def _about_channel(facts: Facts, channel: ChannelFacts) -> Reason | None:
    switch = None if facts.manual else _about_switch(facts, channel)
    if switch:
        return switch
    questions = (
        (not channel.has_contact, Reason.NO_CONTACT),
        (not channel.wanted, Reason.PREFERENCE_OFF),
        (channel.opted_out, Reason.OPTED_OUT),
        (channel.in_flight, Reason.IN_FLIGHT),
    )
    return next((reason for holds, reason in questions if holds), None)


def _about_switch(facts: Facts, channel: ChannelFacts) -> Reason | None:
    if channel.replaced:
        return Reason.SUPERSEDED
    if channel.enabled_at is None:
        return Reason.AUTOMATION_OFF
    return Reason.ENABLED_LATER if channel.enabled_at > facts.review_expires_at else None


def _about_time(facts: Facts) -> Reason | None:
    if facts.manual:
        return None
    if facts.start_at is not None and facts.start_at <= facts.now:
        return Reason.TIME_PASSED
    quiet_end = _quiet_end(facts)
    if quiet_end is None:
        return None
    too_late = quiet_end > facts.purge_at - KEEP_CLEAR_OF_PURGE or (facts.start_at is not None and quiet_end >= facts.start_at)
    return Reason.QUIET_HOURS if too_late else None


def _quiet_end(facts: Facts) -> datetime | None:
    return facts.quiet.end_after(facts.now) if facts.quiet and not facts.manual else None
