from typing import Any

from django.core.management.base import BaseCommand, CommandError

from drafts import store
from drafts.document import DraftsUnavailable


class Command(BaseCommand):
    help = "Create or change the validator and the indexes of the drafts, and print what changed. Harmless to repeat."
    requires_system_checks = []  # the check of the indexes is what this command makes pass

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = store.ensure_indexes()
        except DraftsUnavailable as error:
            raise CommandError(f"The draft indexes were not ensured. {error}") from None
        for line in changes or ["nothing to change"]:
            self.stdout.write(f"Draft indexes: {line}")
