"""Any accent a business picks can be read: as a button, as a link, in light and in dark (look.md)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from business.colour import (
    DARK_PAGE,
    DARK_SURFACE,
    ENOUGH,
    LIGHT_PAGE,
    LIGHT_SURFACE,
    accent_tokens,
    contrast,
    readable_accent,
)

NAMES = ("--accent", "--accent-hover", "--accent-text", "--accent-soft")
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_of_known_pairs():
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#ffffff", "#ffffff"), 2) == 1.0
    assert round(contrast("#767676", "#FFFFFF"), 2) == 4.54
    assert round(contrast("#8a4b00", "#fff3d6"), 1) == 6.2


@given(colours)
def test_every_token_pair_reaches_the_ratio(accent):
    halves = [dict(zip(NAMES, half, strict=True)) for half in zip(*(_pair(accent, name) for name in NAMES), strict=True)]
    for of, grounds in zip(halves, ((LIGHT_PAGE, LIGHT_SURFACE), (DARK_PAGE, DARK_SURFACE)), strict=True):
        assert contrast(of["--accent-text"], of["--accent"]) >= ENOUGH
        assert contrast(of["--accent-text"], of["--accent-hover"]) >= ENOUGH
        assert all(contrast(of["--accent"], ground) >= ENOUGH for ground in (*grounds, of["--accent-soft"]))


def _pair(accent: str, name: str) -> tuple[str, str]:
    light, dark = re.fullmatch(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", accent_tokens(accent)[name]).groups()
    return light, dark


@given(colours)
def test_readable_accent_keeps_what_is_readable(accent):
    first = readable_accent(accent)
    assert readable_accent(first) == first
    assert contrast(first, "#ffffff") >= ENOUGH


def test_the_default_accent_stays_as_it_is():
    assert readable_accent("#0B5C52") == "#0b5c52"


def test_yellow_is_darkened():
    assert readable_accent("#ffd400") != "#ffd400"
    assert contrast(readable_accent("#ffd400"), "#ffffff") >= ENOUGH


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "0b5c52"])
def test_anything_but_hex_is_refused(text):
    with pytest.raises(ValueError, match="#rrggbb"):
        accent_tokens(text)
