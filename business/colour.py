"""A business's accent made readable: pure colour arithmetic after WCAG 2.2 (contrast 1.4.3).

The accent is a button with text on it, a link on the page, and a link on its own soft tint; in all three the text must reach 4.5:1, in
light and in dark.
"""

import colorsys
import re
from collections.abc import Callable

Rgb = tuple[float, float, float]

ENOUGH = 4.5
LIGHT_PAGE, LIGHT_SURFACE = "#f3efe9", "#ffffff"  # --sunken and --surface of tokens.css: the darkest and the lightest it stands on
DARK_PAGE, DARK_SURFACE = "#2a2623", "#171513"  # --raised and --page of the dark half: the lightest and the darkest
LIGHT_TEXT, DARK_TEXT = "#ffffff", "#171513"


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours "#rrggbb", from 1 to 21. Raises ValueError for anything else."""
    lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_accent(accent: str) -> str:
    """`accent`, darkened in small steps as far as it must be to be read with and on light colours; unchanged when it can be already."""
    return _moved(accent.lower(), _reads_in_light, step=-0.01)


def accent_tokens(accent: str) -> dict[str, str]:
    """The accent's custom properties, each "light-dark(#rrggbb, #rrggbb)" and readable in both. Raises ValueError unless "#rrggbb"."""
    light = readable_accent(accent)
    dark = _moved(light, _reads_in_dark, step=0.01)
    return {
        "--accent": f"light-dark({light}, {dark})",
        "--accent-hover": f"light-dark({_shift(light, -0.06)}, {_shift(dark, 0.08)})",
        "--accent-text": f"light-dark({LIGHT_TEXT}, {DARK_TEXT})",
        "--accent-soft": f"light-dark({_light_soft(light)}, {_dark_soft(dark)})",
    }


def _reads_in_light(accent: str) -> bool:
    return min(contrast(accent, ground) for ground in (LIGHT_PAGE, LIGHT_SURFACE, _light_soft(accent))) >= ENOUGH


def _reads_in_dark(accent: str) -> bool:
    return min(contrast(accent, ground) for ground in (DARK_PAGE, DARK_SURFACE, _dark_soft(accent))) >= ENOUGH


def _moved(accent: str, enough: Callable[[str], bool], *, step: float) -> str:
    colour = accent
    moved = 0
    while not enough(colour):
        moved += 1
        colour = _shift(accent, step * moved)
    return colour


def _light_soft(accent: str) -> str:
    return _mix(accent, LIGHT_SURFACE, 0.1)


def _dark_soft(accent: str) -> str:
    return _mix(accent, DARK_SURFACE, 0.18)


def _shift(colour: str, lightness: float) -> str:
    """The same hue, lighter or darker by `lightness` (-1 to 1)."""
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    return _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light + lightness)), saturation))


def _mix(colour: str, ground: str, share: float) -> str:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(_rgb(colour), _rgb(ground), strict=True))
    return _hex((red, green, blue))


def _luminance(colour: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError("Write the colour as #rrggbb.")
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
