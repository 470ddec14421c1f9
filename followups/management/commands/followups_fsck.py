"""`manage.py followups_fsck`: is what the two databases say about each other still true?"""

from django.core.management.base import BaseCommand, CommandError

from core import clock
from drafts.document import DraftsUnavailable
from followups.queries import invariants


class Command(BaseCommand):
    help = "Check bells, messages, conversions and counts against the drafts (I3, I5, I7, I13). Changes nothing; exit code 1 on a breach."

    def handle(self, **_: object) -> None:
        try:
            problems = invariants.violations(now=clock.now())
        except DraftsUnavailable as error:
            raise CommandError(f"Follow-ups were not checked. {error}") from None
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("Follow-ups: every invariant holds.")
