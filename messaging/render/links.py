"""Addresses in messages. Built from SITE_URL, never from a request's Host header (promises 40)."""

import re

from django.conf import settings
from django.core import signing

from business.models import Client

_SIGNER_SALT = "messaging.preferences"
_TOKENS = re.compile(r"(/(?:r|m)/)[A-Za-z0-9_.=-]+")
_RESUME_TOKENS = re.compile(r"/r/([A-Za-z0-9_-]{22})")


def resume_url(token: str) -> str:
    """The address a resume link opens."""
    return f"{settings.SITE_URL}/r/{token}/"


def resume_tokens(text: str) -> list[str]:
    """The tokens of the resume links in a text, as the provider's list shows it."""
    return _RESUME_TOKENS.findall(text)


def preferences_token(client: Client) -> str:
    """A signed key to this client's preferences. It does not expire: unsubscribing must work long after the draft is gone (promises 54)."""
    return signing.Signer(salt=_SIGNER_SALT, sep=".").sign(str(client.pk))


def read_preferences_token(token: str) -> int | None:
    """The client's id in a token of ours, None for anything else."""
    try:
        return int(signing.Signer(salt=_SIGNER_SALT, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def preferences_url(client: Client) -> str:
    return f"{settings.SITE_URL}/m/{preferences_token(client)}/"


def without_tokens(text: str) -> str:
    """What may be stored of a sent text: every token of ours replaced by "…"."""
    return _TOKENS.sub(r"\1…", text)
