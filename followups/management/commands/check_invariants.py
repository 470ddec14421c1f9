"""`manage.py check_invariants`: looks at the live data of both databases and names every breach; exit 1 when there is one."""

from django.core.management.base import BaseCommand, CommandError

from core import clock
from drafts.document import DraftsUnavailable
from followups.queries.invariants import violations


class Command(BaseCommand):
    help = "Check that drafts, bells, messages and appointments agree (I1, I2, I3, I5, I7, I9, I10, I12, I13). Reads only."

    def handle(self, *_: object, **__: object) -> None:
        try:
            found = violations(now=clock.now())
        except DraftsUnavailable:
            raise CommandError("MongoDB cannot be read right now. Try again when it is back.") from None
        for breach in found:
            self.stdout.write(breach)
        if found:
            raise CommandError(f"{len(found)} of them. Nothing was changed.")
        self.stdout.write("All invariants hold.")
