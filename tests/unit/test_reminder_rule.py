"""The policy as a table: one row per named reason, its order, and what a manual send leaves out (draft-lifecycle 5)."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from followups.reminder_rule import ChannelFacts, Facts, QuietHours, Reason, Send, Skip, decide

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)  # 09:00 in Sydney
SYDNEY = ZoneInfo("Australia/Sydney")
ON = ChannelFacts(enabled_at=NOW - timedelta(days=1), has_contact=True, wanted=True)


def facts(**changes) -> Facts:
    """A draft that expired this moment, both channels on; a name of ChannelFacts changes the SMS."""
    of_channel = {name: changes.pop(name) for name in list(changes) if name in ChannelFacts.__slots__}
    plain = Facts(
        now=NOW,
        review_expires_at=NOW,
        purge_at=NOW + timedelta(hours=23, minutes=50),
        start_at=NOW + timedelta(days=2),
        channels={"sms": replace(ON, **of_channel), "email": ON},
    )
    return replace(plain, **changes)


def sms(decision: Send | Skip) -> Reason | None:
    reasons = decision.skipped if isinstance(decision, Send) else decision.reasons
    return reasons.get("sms")


def test_both_channels_go_at_once_when_nothing_speaks_against_it():
    assert decide(facts()) == Send(channels={"sms": NOW, "email": NOW})


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (Reason.CONVERTED, {"converted": True}),
        (Reason.SUPERSEDED, {"superseded": True}),
        (Reason.SUPERSEDED, {"replaced": True}),
        (Reason.EXPIRED, {"purge_at": NOW}),
        pytest.param(Reason.AUTOMATION_OFF, {"enabled_at": None}, marks=pytest.mark.s("S63")),
        pytest.param(Reason.ENABLED_LATER, {"enabled_at": NOW + timedelta(milliseconds=1)}, marks=pytest.mark.s("D11")),
        (Reason.NO_CONTACT, {"has_contact": False}),
        pytest.param(Reason.PREFERENCE_OFF, {"wanted": False}, marks=pytest.mark.s("S63")),
        (Reason.OPTED_OUT, {"opted_out": True}),
        pytest.param(Reason.IN_FLIGHT, {"in_flight": True}, marks=pytest.mark.s("S65")),
        pytest.param(Reason.TIME_PASSED, {"start_at": NOW}, marks=pytest.mark.s("D10")),
    ],
)
@pytest.mark.s("D14")
def test_each_reason_has_its_name(reason, changes):
    assert sms(decide(facts(**changes))) == reason


@pytest.mark.s("D11")
def test_switch_turned_on_in_the_very_moment_of_expiry_counts():
    assert decide(facts(enabled_at=NOW)) == Send(channels={"sms": NOW, "email": NOW})


ALL_WRONG = {
    "converted": True, "superseded": True, "purge_at": NOW, "enabled_at": None, "has_contact": False, "wanted": False,
    "opted_out": True, "in_flight": True, "start_at": NOW,
}  # fmt: skip


def test_first_reason_in_order_is_the_one_that_is_told():
    wrong, told = dict(ALL_WRONG), []
    cures = [("converted", False), ("superseded", False), ("purge_at", NOW + timedelta(hours=9)), ("enabled_at", ON.enabled_at),
             ("has_contact", True), ("wanted", True), ("opted_out", False), ("in_flight", False), ("start_at", None)]  # fmt: skip
    for name, cured in cures:
        told.append(sms(decide(facts(**wrong))))
        wrong[name] = cured
    assert told == ["converted", "superseded", "expired", "automation_off", "no_contact", "preference_off", "opted_out", "in_flight",
                    "time_passed"]  # fmt: skip
    assert sms(decide(facts(**wrong))) is None


@pytest.mark.s("S63")
def test_one_blocked_channel_leaves_the_other():
    assert decide(facts(wanted=False)) == Send(channels={"email": NOW}, skipped={"sms": Reason.PREFERENCE_OFF})


@pytest.mark.s("S64", "D14")
def test_both_blocked_is_a_skip_told_by_the_channel_that_came_closest():
    both = facts(wanted=False)
    decision = decide(replace(both, channels={"sms": both.channels["sms"], "email": replace(ON, enabled_at=None)}))
    assert isinstance(decision, Skip)
    assert decision.reasons == {"sms": "preference_off", "email": "automation_off"}
    assert decision.reason == "preference_off"


@pytest.mark.s("S48", "D10", "D11")
@pytest.mark.parametrize(
    "changes",
    [
        {"enabled_at": None},
        {"enabled_at": NOW + timedelta(hours=1)},
        {"start_at": NOW - timedelta(hours=1)},
        {"replaced": True},
        {"quiet": QuietHours(time(8), time(23, 59), SYDNEY)},
    ],
)
def test_manual_send_asks_neither_switch_nor_time_nor_quiet_hours(changes):
    assert decide(facts(manual=True, **changes)) == Send(channels={"sms": NOW, "email": NOW})


@pytest.mark.s("S49")
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("converted", {"converted": True}),
        ("superseded", {"superseded": True}),
        ("no_contact", {"has_contact": False}),
        ("preference_off", {"wanted": False}),
        ("opted_out", {"opted_out": True}),
        ("in_flight", {"in_flight": True}),
    ],
)
def test_manual_send_asks_everything_else(reason, changes):
    assert sms(decide(facts(manual=True, **changes))) == reason


def quiet(now: datetime, **changes) -> Send | Skip:
    """Quiet from 20:00 to 08:00 in Sydney, asked at `now`."""
    moment = {"now": now, "review_expires_at": now, "purge_at": now + timedelta(hours=23, minutes=50), "start_at": now + timedelta(days=2)}
    return decide(facts(quiet=QuietHours(time(20), time(8), SYDNEY), enabled_at=now, **{**moment, **changes}))


def test_quiet_hours_defer_to_their_end():
    evening = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 23:00 in Sydney
    assert quiet(evening) == Send(channels=dict.fromkeys(("sms", "email"), datetime(2026, 11, 24, 21, 0, tzinfo=UTC)))


@pytest.mark.parametrize("hour", [8, 12, 19])
def test_outside_quiet_hours_it_goes_at_once(hour):
    moment = datetime(2026, 11, 25, hour, 0, tzinfo=SYDNEY).astimezone(UTC)
    assert quiet(moment) == Send(channels={"sms": moment, "email": moment})


def test_quiet_hours_that_last_past_the_slot_or_the_last_hour_of_the_draft_skip():
    evening = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    ends = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert sms(quiet(evening, start_at=ends)) == Reason.QUIET_HOURS
    assert sms(quiet(evening, start_at=ends + timedelta(minutes=1))) is None
    assert sms(quiet(evening, purge_at=ends + timedelta(minutes=59))) == Reason.QUIET_HOURS
    assert sms(quiet(evening, purge_at=ends + timedelta(hours=1))) is None


@pytest.mark.parametrize(
    ("zone", "local", "ends", "expected"),
    [
        # 02:30 does not exist on that night: quiet until 03:30 summer time.
        ("America/New_York", datetime(2027, 3, 14, 1, 0), time(2, 30), datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),
        # 01:30 comes twice: until the first when asked before it, until the second when asked between the two.
        ("America/New_York", datetime(2026, 11, 1, 1, 10), time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 1, 10, fold=1), time(1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_right_when_the_clock_changes(zone, local, ends, expected):
    now = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert QuietHours(time(22), ends, ZoneInfo(zone)).end_after(now) == expected
