"""Phone numbers to E.164, e-mail addresses tidied, both masked for logs."""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_EMAIL = re.compile(r"^[^@\s<>\"',;:]{1,64}@[^@\s<>\"',;:]+\.[^@\s<>\"',;:]{2,}$")


class BadPhone(ValueError):
    """The text is no phone number that exists; the message says what to do."""


class BadEmail(ValueError):
    """The text is no e-mail address; the message says what to do."""


def to_e164(text: str, *, region: str) -> str:
    """`text` as typed (national or international, full-width digits too) to E.164, read as a number of `region` (ISO 3166, "AU").

    Raises BadPhone.
    """
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), region)
    except phonenumbers.NumberParseException:
        raise BadPhone("Enter a phone number, with its country code if it is from abroad.") from None
    if not phonenumbers.is_valid_number(number):
        raise BadPhone("This number does not exist. Check the digits.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def region_of(e164: str) -> str:
    """The ISO 3166 region of a number, "" when it has none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def can_be_texted(e164: str) -> bool:
    """True for mobiles and for plans that do not tell mobiles apart; false for landline, premium, VoIP and the rest (promises 2.2)."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _TEXTABLE


def national(e164: str, *, region: str) -> str:
    """How people at `region` write it: national form at home, international form abroad. "" stays ""."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164)
    at_home = phonenumbers.region_code_for_number(number) == region
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL)


def tidy_email(text: str) -> str:
    """The address trimmed, its domain in lower case; "" stays "". Raises BadEmail."""
    address = unicodedata.normalize("NFKC", text).strip()
    if not address:
        return ""
    if len(address) > 254 or not _EMAIL.match(address) or not address.isprintable():
        raise BadEmail("Enter an e-mail address like name@example.com, or leave it empty.")
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"


def mask(contact: str) -> str:
    """The only form in which a phone or an address may reach a log line: "+61…06", "m…@example.com"."""
    if "@" in contact:
        name, _, domain = contact.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"{contact[:3]}…{contact[-2:]}" if len(contact) > 5 else "…"
