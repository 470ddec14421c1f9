"""How channels and reasons are said, on cards, in toasts and in the API: one place, so that all three say the same (D14)."""

from collections.abc import Iterable, Mapping

from business.models import Channel
from followups.reminder_rule import Reason

CHANNELS: Mapping[str, str] = {Channel.SMS: "SMS", Channel.EMAIL: "e-mail"}
SENT_TO: Mapping[str, str] = {Channel.SMS: "by SMS", Channel.EMAIL: "by e-mail"}

_REASONS: Mapping[str, str] = {
    Reason.CONVERTED: "the booking is made",
    Reason.SUPERSEDED: "it was overtaken by something newer",
    Reason.EXPIRED: "its 24 hours are over",
    Reason.AUTOMATION_OFF: "the automatic reminder is off",
    Reason.ENABLED_LATER: "the automatic reminder was switched on later",
    Reason.NO_CONTACT: "nothing on file to send it to",
    Reason.PREFERENCE_OFF: "{name} has switched these messages off",
    Reason.OPTED_OUT: "{name} asked to stop these messages",
    Reason.IN_FLIGHT: "another one is still on its way",
    Reason.TIME_PASSED: "the chosen time has passed",
    Reason.QUIET_HOURS: "quiet hours would have lasted too long",
    Reason.UNRENDERABLE: "the message could not be written",
}


def reason_words(reason: str, *, name: str) -> str:
    """A reason as the second half of "Not sent: …". A provider's own reason is shown as it came, without underscores."""
    return _REASONS.get(reason, reason.replace("_", " ") or "no reason was given").format(name=name)


def join(words: Iterable[str]) -> str:
    """ "SMS", "SMS and e-mail"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
