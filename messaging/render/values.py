"""What may stand in for a variable: names made harmless before they reach a text, a header or a link (promises 28, 29)."""

import re
import unicodedata
from collections.abc import Sequence

NAME_LENGTH = 60
SENDER_LENGTH = 78

_GAPS = re.compile(r"\s+")
_LINK_LIKE = re.compile(r"[:/\\@]|www\.|[^\s.]\.[^\W\d_]{2,}", re.IGNORECASE)
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_HEADER_UNSAFE = re.compile(r'[<>@"\\,;:()\[\]]')


def plain_name(name: str, *, length: int = NAME_LENGTH) -> str:
    """One line of visible characters: no control, bidi, zero-width or four-byte characters, no piles of combining marks."""
    text = unicodedata.normalize("NFC", _GAPS.sub(" ", name))
    kept = (char for char in text if ord(char) <= 0xFFFF and unicodedata.category(char)[0] != "C")
    return _GAPS.sub(" ", _MARKS.sub(r"\1", "".join(kept)))[:length].strip()


def person_name(name: str, *, otherwise: str) -> str:
    """A client's name as it may appear in a message; `otherwise` when it is empty or looks like a link ("evil.com")."""
    text = plain_name(name)
    return otherwise if not text or _LINK_LIKE.search(text) else text


def sender_name(name: str) -> str:
    """A display name for a mail header: no address in it, at most 78 characters ("Bella <support@bank>" becomes "Bella support bank")."""
    return plain_name(_HEADER_UNSAFE.sub(" ", name), length=SENDER_LENGTH)


def service_words(names: Sequence[str]) -> str:
    """D9: "Hair cut", "Hair cut and Toner", "Hair cut + 2 more"; "" for none."""
    shown = [plain_name(name, length=80) for name in names]
    if len(shown) <= 2:
        return " and ".join(shown)
    return f"{shown[0]} + {len(shown) - 1} more"
