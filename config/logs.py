"""Keeps the tokens of resume and preference links out of every log line, and beat's every tick out of the log."""

import logging
import re

_TOKEN = re.compile(r"(/(?:r|m)/)[^\s/\"']+")


class HideTokens(logging.Filter):
    """Replaces what follows /r/ and /m/ in a finished log line by "…"."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        hidden = _TOKEN.sub(r"\1…", line)
        if hidden != line:
            record.msg, record.args = hidden, ()
        return True


class HideTicks(logging.Filter):
    """Drops beat's line for each task it sends: two a second would bury everything else."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Scheduler: Sending due task")
