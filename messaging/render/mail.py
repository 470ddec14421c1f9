"""The HTML part of an e-mail: one column, one button, the link in the text too (pages.md, Words and links)."""

import re

from django.template.loader import render_to_string

from business.models import Business
from messaging.render.values import plain_name

_PARAGRAPHS = re.compile(r"\n\s*\n")


def html_part(*, business: Business, subject: str, text: str, link: str, preferences_url: str) -> str:
    """`text` as escaped paragraphs; the paragraph with `link` gets the button."""
    paragraphs = [part.strip() for part in _PARAGRAPHS.split(text) if part.strip()]
    return render_to_string(
        "messages/email.html",
        {
            "business": business,
            "business_name": plain_name(business.name, length=80),
            "subject": subject,
            "preheader": next((part for part in paragraphs[1:] if not link or link not in part), subject),
            "before": _lines(_until(paragraphs, link)),
            "after": _lines(_following(paragraphs, link)),
            "link": link,
            "preferences_url": preferences_url,
        },
    )


def _until(paragraphs: list[str], link: str) -> list[str]:
    taken = []
    for part in paragraphs:
        if link and link in part:
            taken.append(part.split(link)[0])
            break
        taken.append(part)
    return taken


def _following(paragraphs: list[str], link: str) -> list[str]:
    for index, part in enumerate(paragraphs):
        if link and link in part:
            return [part.split(link, 1)[1], *paragraphs[index + 1 :]]
    return []


def _lines(paragraphs: list[str]) -> list[list[str]]:
    return [part.strip().split("\n") for part in paragraphs if part.strip()]
