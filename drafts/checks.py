"""`manage.py check --tag drafts`, also run at the start of `runserver`: are MongoDB's indexes the ones the code relies on? (F17)"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name

from drafts import queries
from drafts.document import DraftsUnavailable

TAG = "drafts"


@register(TAG)
def check_indexes(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each difference is an error with its name; MongoDB out of reach is a warning, because booking goes on without it.

    Left out where one database is asked about (`migrate`), and where other apps are: those come before `ensure_draft_indexes`.
    """
    if databases is not None or app_configs is not None:
        return []
    try:
        drift = queries.index_drift()
    except DraftsUnavailable:
        return [Warning("MongoDB cannot be reached: bookings are not captured.", hint="Is MONGO_URL right?", id="drafts.W001")]
    return [Error(f"MongoDB: {what}.", hint="Run manage.py ensure_draft_indexes", id="drafts.E001") for what in drift]
