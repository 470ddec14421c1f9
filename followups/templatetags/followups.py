"""What other apps' pages show of the Follow-ups."""

from collections.abc import Sequence
from datetime import datetime

from django import template

from business.models import Business
from followups.queries.outcomes import UNKNOWN, outcomes
from messaging.models import StaffNotice

register = template.Library()


@register.simple_tag
def with_outcomes(notices: Sequence[StaffNotice], business: Business, now: datetime) -> list[tuple[StaffNotice, str]]:
    """Each notice with what became of its booking; "" while MongoDB is away."""
    told = outcomes(business=business, draft_ids=[notice.draft_id for notice in notices], now=now)
    return [(notice, told.get(notice.draft_id, UNKNOWN)) for notice in notices]
