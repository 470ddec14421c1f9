from typing import Any

from django.core.management.base import BaseCommand, CommandError

from drafts import queries
from drafts.document import DraftsUnavailable


class Command(BaseCommand):
    help = "Check the invariants of the drafts on live data (I1, I2, I10, I12) and their indexes. Changes nothing; exit code 1 on a breach."
    requires_system_checks = []  # it reports the same drift itself

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            problems = [f"index: {what}" for what in queries.index_drift()] + queries.violations()
        except DraftsUnavailable as error:
            raise CommandError(f"The drafts were not checked. {error}") from None
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("Drafts: every invariant holds.")
