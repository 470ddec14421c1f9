"""The HTML part of an e-mail: one column, one button, the link in the text too (pages.md, Words and links)."""

import re

from django.template.loader import render_to_string

from business.models import Business
from messaging.render.values import plain_name

_PARAGRAPHS = re.compile(r"\n\s*\n")


def html_part(*, business: Business, subject: str, text: str, link: str, preferences_url: str) -> str:
    """`text` as escaped paragraphs; the paragraph with `link` gets the button."""
    paragraphs = [part.strip() for part in _PARAGRAPHS.split(text) if part.strip()]
    before, after = _around(paragraphs, link)
    return render_to_string(
        "messages/email.html",
        {
            "business": business,
            "business_name": plain_name(business.name, length=80),
            "subject": subject,
            "preheader": next((part for part in paragraphs[1:] if not link or link not in part), subject),
            "before": _lines(before),
            "after": _lines(after),
            "link": link,
            "preferences_url": preferences_url,
        },
    )


def _around(paragraphs: list[str], link: str) -> tuple[list[str], list[str]]:
    """What stands before the link and what after it; the paragraph that holds it is parted there. All is before it when there is none."""
    for place, part in enumerate(paragraphs):
        if link and link in part:
            before, _, after = part.partition(link)
            return [*paragraphs[:place], before], [after, *paragraphs[place + 1 :]]
    return paragraphs, []


def _lines(paragraphs: list[str]) -> list[list[str]]:
    return [part.strip().split("\n") for part in paragraphs if part.strip()]
