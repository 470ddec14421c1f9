"""Resume links for tests: a draft left at Review, its reminder, and what both databases hold."""

from typing import Any

from django.apps import apps
from pymongo.database import Database

from business.models import Channel
from drafts.document import Draft
from followups import sweep
from messaging import outbox
from messaging.models import Kind
from tests.leaving import OVER, again, leave
from tests.world import World

OURS = {"business", "messaging", "scheduler", "booking", "followups", "auth", "sessions"}


def reminded(world: World, draft: Draft, channel: Channel = Channel.SMS) -> str:
    """A reminder of this draft went out by `channel`; the path of its link."""
    message = outbox.queue(
        kind=Kind.INCOMPLETE_REMINDER,
        business=world.bella,
        client=world.mia,
        channel=channel,
        dedupe_key=f"test:{draft.id}:{draft.engagement}:{channel}",
        recipient=world.mia.phone,
        draft_id=draft.id,
        engagement=draft.engagement,
        now=OVER,
    )
    services = [(line.service_id, line.variant_id) for line in draft.selection.services]
    return f"/r/{outbox.mint_link(message=message, services=services, now=OVER)}/"


def unfinished(world: World, channel: Channel = Channel.SMS, **changes: Any) -> tuple[str, Draft]:
    """Mia stopped at Review, her ten minutes are over, staff see the card; the path of her link, and the draft."""
    draft = leave(world, **changes)
    sweep.sweep(now=OVER)
    return reminded(world, draft, channel), again(draft)


def snapshot(mongo: Database) -> dict[str, Any]:
    """Every row of every table of ours, and every document."""
    tables = {
        model._meta.label: list(model.objects.order_by("pk").values_list()) for model in apps.get_models() if model._meta.app_label in OURS
    }
    return tables | {"drafts": list(mongo.booking_drafts.find({}).sort("_id", 1))}
