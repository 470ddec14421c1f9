"""Keeps the tokens of resume and preference links out of every log line, and the log free of what beat repeats at every tick."""

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


class OneLineOfBeat(logging.Filter):
    """One line for a task that beat cannot send, instead of two stack traces at every tick for as long as Redis is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "celery.beat" and record.exc_info and isinstance(record.args, tuple) and record.args:
            record.msg, record.args, record.exc_info = "Task not sent: %s", record.args[:1], None
        return True
