"""The words of automated messages: default texts, the four variables, and what is wrong with a text before it is saved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string

from business.models import Channel
from messaging.models import Kind
from messaging.render.segments import segments, to_gsm7

FIRST_NAME, SERVICE_NAME, BUSINESS_NAME, RESUME_LINK = "FirstName", "ServiceName", "BusinessName", "ResumeBookingLink"
VARIABLES = (FIRST_NAME, SERVICE_NAME, BUSINESS_NAME, RESUME_LINK)
BODY_LENGTH = 1000
SUBJECT_LENGTH = 150
MAX_SEGMENTS = 4

# The longest link we make and middling values: what a text is measured with when it is saved.
TYPICAL = {FIRST_NAME: "Alexandra", SERVICE_NAME: "Hair cut and Toner", RESUME_LINK: "https://" + "x" * 52 + "/"}

# With the full stop behind it: "at Bella Hair Co.." reads like a mistake.
_VARIABLE = re.compile(r"\{\{\s*(?P<name>[^{}]*?)\s*\}\}(?P<stop>\.(?!\.))?")
_LINK_GLUED = re.compile(r"\{\{\s*" + RESUME_LINK + r"\s*\}\}(?=\S)|(?<=\S)(?<!\()\{\{\s*" + RESUME_LINK + r"\s*\}\}")
_SAYS_STOP = re.compile(r"\b(?:reply|text|send|answer)\s+[\"']?STOP\b", re.IGNORECASE)


class BadTemplate(ValueError):
    """The text cannot be rendered; `problems` says why, each a sentence that names what to change."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


_SUBJECTS = {Kind.INCOMPLETE_REMINDER: "Finish booking your {{ServiceName}} at {{BusinessName}}"}


def default_words(kind: str, channel: Channel) -> Words:
    """The mission's words for this kind and channel (S60, S61): plain marks, so that an SMS stays in GSM-7, and the business first in it."""
    body = render_to_string(f"messages/{kind}.{channel.value}.txt").strip()
    return Words(subject=_SUBJECTS[Kind(kind)] if channel == Channel.EMAIL else "", body=body)


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with its variables replaced in one pass; values are never looked into (CVE-2026-103380).

    Raises BadTemplate for a name that `values` does not have.
    """
    unknown = [name for name in _names(template) if name not in values]
    if unknown:
        raise BadTemplate([_unknown(name) for name in dict.fromkeys(unknown)])
    return _VARIABLE.sub(lambda match: _ended(values[match["name"]], match["stop"] or ""), template)


def _ended(value: str, stop: str) -> str:
    return value if value.endswith(".") else value + stop


def _names(template: str) -> list[str]:
    return [match["name"] for match in _VARIABLE.finditer(template)]


def check(body: str, channel: Channel | str) -> list[str]:
    """What is wrong with a body before it is saved: unknown names, link missing or doubled, too long. Empty: nothing."""
    names = _names(body)
    problems = [_unknown(name) for name in dict.fromkeys(names) if name not in VARIABLES]
    if "{{" in _VARIABLE.sub("", body) or "}}" in _VARIABLE.sub("", body):
        problems.append("Some curly brackets do not close. A variable looks like {{FirstName}}.")
    problems += _link_problems(body, names.count(RESUME_LINK))
    if len(body) > BODY_LENGTH:
        problems.append(f"The text has {len(body)} characters; {BODY_LENGTH} fit.")
    if not problems and channel == Channel.SMS:
        used = segments(to_gsm7(with_stop_line(fill(body, {**TYPICAL, BUSINESS_NAME: "Bella Hair Co."}), template=body))).segments
        if used > MAX_SEGMENTS:
            problems.append(f"This would go out as {used} SMS; at most {MAX_SEGMENTS} are sent. Shorten it.")
    return problems


def check_subject(subject: str) -> list[str]:
    """What is wrong with a subject: unknown names, a link, line breaks, too long."""
    problems = [_unknown(name) for name in dict.fromkeys(_names(subject)) if name not in VARIABLES]
    if RESUME_LINK in _names(subject):
        problems.append("A link does not work in a subject. Put {{ResumeBookingLink}} into the text.")
    if "\n" in subject or "\r" in subject:
        problems.append("A subject is one line.")
    if len(subject) > SUBJECT_LENGTH:
        problems.append(f"The subject has {len(subject)} characters; {SUBJECT_LENGTH} fit.")
    return problems


def with_stop_line(text: str, *, template: str) -> str:
    """`text` with our last line when the business's own words (`template`, not the values) do not say how to stop."""
    return text if _SAYS_STOP.search(template) else f"{text.rstrip()}\nReply STOP to opt out"


def _link_problems(body: str, count: int) -> list[str]:
    if count == 0:
        return ["{{ResumeBookingLink}} is missing: without it the client cannot continue the booking."]
    if count > 1:
        return [f"{{{{ResumeBookingLink}}}} stands {count} times; it belongs in the text once."]
    if _LINK_GLUED.search(body):
        return ["Put a space or a new line on both sides of {{ResumeBookingLink}}, or phones take the next character into the link."]
    return []


def _unknown(name: str) -> str:
    known = ", ".join(f"{{{{{one}}}}}" for one in VARIABLES)
    return f"{{{{{name}}}}} is not known. These are: {known}."
