"""Keeps the tokens of resume and preference links out of every log line."""

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
