"""Bring both databases to this version's shape and fill an empty one with the demo, in one process.

Three commands by themselves would load the house three times. Usage: python -m config.prepare LOG
"""

import os
import sys
import traceback
from pathlib import Path
from typing import TextIO

from config.terminal import say, step

FAILED = 3  # not 1, which is what a Python that could not even begin ends with
_STEPS = (
    ("Migrating PostgreSQL", ("migrate", "--no-input")),
    ("Checking MongoDB's indexes", ("ensure_draft_indexes",)),
    ("Looking for demo data, writing what is missing", ("seed_demo",)),
)


def main(log: Path) -> int:
    """Do the steps, with the commands' own words in `log`; 0, or FAILED with one sentence as the last line of `log`."""
    with log.open("w") as words:
        try:
            _prepare(words)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the person gets a sentence and the log the rest
            traceback.print_exc(file=words)
            # Of settings every line counts; of a driver's words the first.
            said = " ".join(str(error).split()) if isinstance(error, SystemExit) else str(error).strip().partition("\n")[0]
            say(f"The databases could not be prepared: {said or type(error).__name__}", to=words)
            return FAILED
    return 0


def _prepare(words: TextIO) -> None:
    with step("Loading the house"):
        import django  # noqa: PLC0415 - what takes time happens under a title
        from django.core.management import call_command  # noqa: PLC0415

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
    for doing, (command, *options) in _STEPS:
        with step(doing):
            call_command(command, *options, stdout=words, stderr=words)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
