"""From a business's words and a client's names to a message that may leave the house.

followups calls `reminder_values` and `render`; the settings page calls `check`, `check_subject` and `segments`.
"""

from collections.abc import Mapping, Sequence

from business.models import Business, Channel, Client
from messaging.render.links import preferences_token, preferences_url, read_preferences_token, resume_tokens, resume_url, without_tokens
from messaging.render.mail import html_part
from messaging.render.segments import segments, to_gsm7
from messaging.render.values import person_name, plain_name, sender_name, service_words
from messaging.render.words import (
    BUSINESS_NAME,
    FIRST_NAME,
    MAX_SEGMENTS,
    RESUME_LINK,
    SERVICE_NAME,
    SUBJECT_LENGTH,
    VARIABLES,
    BadTemplate,
    Words,
    check,
    check_subject,
    default_words,
    fill,
    with_stop_line,
)
from messaging.transport import Content

__all__ = [
    "MAIL_FOOTER", "VARIABLES", "BadTemplate", "Content", "Words",
    "check", "check_subject", "default_words", "plain_name", "preferences_token", "preferences_url", "read_preferences_token",
    "reminder_values", "render", "resume_tokens", "resume_url", "segments", "sender_name", "service_words", "to_gsm7", "without_tokens",
]  # fmt: skip

MAIL_FOOTER = "\n\n-- \n"
_NAMED_WITHIN = 40
_FALLBACKS: tuple[dict[str, str], ...] = ({}, {SERVICE_NAME: "booking"}, {SERVICE_NAME: "booking", FIRST_NAME: "there"})


def reminder_values(*, business: Business, client: Client, services: Sequence[str], link: str) -> dict[str, str]:
    """The four variables of a reminder: `services` are the names in the draft's order, `link` comes from `resume_url(token)`."""
    return {
        FIRST_NAME: person_name(client.first_name, otherwise="there"),
        SERVICE_NAME: service_words(services) or "appointment",
        BUSINESS_NAME: plain_name(business.name, length=80),
        RESUME_LINK: link,
    }


def render(
    *, channel: Channel | str, business: Business, subject: str, body: str, values: Mapping[str, str], preferences_url: str = ""
) -> Content:
    """The message of these words and values (`reminder_values`), ready for `outbox.deliver`.

    SMS: plain characters, the business named in the first 40, how to stop, at most four segments; where names would make it longer,
    first the services and then the client's name give way. E-mail: text and HTML, how to change preferences when `preferences_url` is given.
    Raises BadTemplate: the caller stores the reason `unrenderable`.
    """
    if problems := check(body, channel):
        raise BadTemplate(problems)
    if channel == Channel.SMS:
        return Content(subject="", text=_sms(body, values))
    title = plain_name(fill(subject, values), length=SUBJECT_LENGTH)
    text = fill(body, values)
    html = html_part(business=business, subject=title, text=text, link=values[RESUME_LINK], preferences_url=preferences_url)
    return Content(subject=title, text=_mail_text(text, business, preferences_url), html=html)


def _sms(body: str, values: Mapping[str, str]) -> str:
    for shorter in _FALLBACKS:
        text = to_gsm7(with_stop_line(fill(body, {**values, **shorter}), template=body))
        text = _named(text, to_gsm7(values[BUSINESS_NAME]))
        if segments(text).segments <= MAX_SEGMENTS:
            return text
    raise BadTemplate([f"With this client's names it is longer than {MAX_SEGMENTS} SMS."])


def _named(text: str, business_name: str, *, joint: str = ": ") -> str:
    """The business stands in the first 40 characters of every message (S67, promises 55)."""
    opening = business_name.casefold()[:_NAMED_WITHIN]
    return text if opening in text[:_NAMED_WITHIN].casefold() else f"{business_name}{joint}{text}"


def _mail_text(text: str, business: Business, preferences_url: str) -> str:
    where = " · ".join(part for part in (plain_name(business.name, length=80), business.address) if part)
    stop = f"\nChoose what we send you, or stop these e-mails: {preferences_url}" if preferences_url else ""
    named = _named(text, plain_name(business.name, length=80), joint="\n\n")
    return f"{named}{MAIL_FOOTER}{where}{stop}\n"
