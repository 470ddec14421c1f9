"""Ids, tokens and codes."""

import re

from core import identifiers


def test_draft_ids_are_random_and_well_formed() -> None:
    ids = {identifiers.new_draft_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"d_[a-z2-7]{26}", one) for one in ids)


def test_tokens_are_22_characters_that_survive_an_sms() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", identifiers.new_token()) for _ in range(200))


def test_codes_have_six_digits() -> None:
    assert all(re.fullmatch(r"\d{6}", identifiers.new_code()) for _ in range(500))


def test_keyed_digest_depends_on_the_key() -> None:
    assert identifiers.keyed_digest("+61491570006", key="one") != identifiers.keyed_digest("+61491570006", key="two")


def test_spread_stays_within_its_bounds() -> None:
    assert all(0.5 <= identifiers.spread(0.5, 1.5) <= 1.5 for _ in range(200))
