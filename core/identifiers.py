"""New ids, tokens and codes, and their digests: the only place that draws random numbers."""

import base64
import hashlib
import hmac
import secrets
import uuid


def new_draft_id() -> str:
    """A public draft id: "d_" and 26 base32 characters, 128 random bits."""
    return "d_" + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def new_uuid() -> uuid.UUID:
    """A random UUID: flows, confirm keys, message ids, claims."""
    return uuid.uuid4()


def new_token() -> str:
    """A bearer token of 22 URL-safe characters (128 random bits): resume links, client sessions, devices."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """A sign-in code: six decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(1_000_000):06d}"


def digest(token: str) -> str:
    """SHA-256 of a random token in hex: what is stored in place of the token (no salt: 128 bits cannot be guessed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_digest(value: str, *, key: str) -> str:
    """HMAC-SHA-256 in hex of something guessable (a phone, an address, an IP), so that a dump of the table tells nothing."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()


def spread(low: float, high: float) -> float:
    """A random number between low and high: jitter for back-off."""
    return low + (high - low) * secrets.randbelow(10_000) / 10_000
