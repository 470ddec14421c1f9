"""Phones and addresses as people type them."""

import pytest

from core import contact


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("0491 570 006", "AU", "+61491570006"),
        ("+61 491 570 006", "US", "+61491570006"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("０４９１ ５７０ ００６", "AU", "+61491570006"),
    ],
)
def test_to_e164_reads_what_people_type(typed: str, region: str, stored: str) -> None:
    assert contact.to_e164(typed, region=region) == stored


@pytest.mark.parametrize("typed", ["", "hello", "12", "0491 570", "+61491570006000000", "\x00", "😀"])
def test_to_e164_says_what_to_do(typed: str) -> None:
    with pytest.raises(contact.BadPhone, match="number"):
        contact.to_e164(typed, region="AU")


def test_can_be_texted_tells_mobiles_from_landlines() -> None:
    assert contact.can_be_texted("+61491570006")
    assert contact.can_be_texted("+12125550100")
    assert not contact.can_be_texted("+61255501234")


def test_national_is_international_abroad() -> None:
    assert contact.national("+61491570006", region="AU") == "0491 570 006"
    assert contact.national("+61491570006", region="US") == "+61 491 570 006"
    assert contact.national("", region="AU") == ""


@pytest.mark.parametrize(("typed", "stored"), [(" Mia@Example.COM ", "Mia@example.com"), ("", ""), ("  ", "")])
def test_tidy_email(typed: str, stored: str) -> None:
    assert contact.tidy_email(typed) == stored


@pytest.mark.parametrize(
    "typed", ["mia", "mia@", "@example.com", "a b@example.com", "mia@example", "mia@example.com\r\nBcc: x@example.com"]
)
def test_tidy_email_says_what_to_do(typed: str) -> None:
    with pytest.raises(contact.BadEmail, match=r"name@example\.com"):
        contact.tidy_email(typed)


@pytest.mark.parametrize(("whole", "masked"), [("+61491570006", "+61…06"), ("mia@example.com", "m…@example.com"), ("123", "…"), ("", "…")])
def test_mask_hides_the_person(whole: str, masked: str) -> None:
    assert contact.mask(whole) == masked
