"""How many SMS a text costs: GSM-7 160 characters, then 153 each; one other character turns all into UCS-2: 70, then 67."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")  # two septets each
_TO_GSM7 = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "·": "-",
        "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
        "\u2028": "\n", "\u2029": "\n",
        "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """`characters` counts what is billed: septets in GSM-7 (an escaped character is two), UTF-16 units in UCS-2 (an emoji is two)."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    segments: int


def to_gsm7(text: str) -> str:
    """Typographic quotes, dashes, dots and spaces replaced by plain ones; letters stay as they are, so that names stay right."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(_TO_GSM7)


def segments(text: str) -> Segments:
    """What this text costs as an SMS. An empty text is none."""
    if all(char in _GSM7 or char in _ESCAPED for char in text):
        widths = [2 if char in _ESCAPED else 1 for char in text]
        return Segments("GSM-7", sum(widths), _parts(widths, alone=160, joined=153))
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Segments("UCS-2", sum(widths), _parts(widths, alone=70, joined=67))


def _parts(widths: list[int], *, alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1 if widths else 0
    parts, room = 1, joined
    for width in widths:
        if width > room:  # an escape pair or an emoji is never split over two parts
            parts, room = parts + 1, joined
        room -= width
    return parts
