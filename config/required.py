"""What a production start cannot do without (the demo needs none of it), and what no start can use."""

import logging
import re
from collections.abc import Mapping
from typing import Any

EMAIL_BACKENDS = {
    "postmark": "anymail.backends.postmark.EmailBackend",
    "mailgun": "anymail.backends.mailgun.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
}
ENGINES = ("DATABASE_URL", "MONGO_URL", "REDIS_URL")
_WITH_PATH = re.compile(r"https?://[^/]*/")
_MONGO = ("mongodb://", "mongodb+srv://")
_BROKERS = ("redis://", "rediss://", "redis+socket://", "sentinel://")
_LEVELS = tuple(logging.getLevelNamesMapping())
_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID")
_OF_PROVIDER = {"postmark": ("POSTMARK_SERVER_TOKEN",), "mailgun": ("MAILGUN_API_KEY", "MAILGUN_SENDER_DOMAIN")}


def missing(settings: Mapping[str, Any], *, named_engines: set[str]) -> list[str]:
    """A line "NAME: what to do" for each of `settings` that is missing or unusable. `named_engines`: those of ENGINES the environment names."""
    found = []
    if len(settings["SECRET_KEY"]) < 50:
        found.append("SECRET_KEY: set at least 50 random characters")
    if not settings["SITE_URL"].startswith("https://"):
        found.append("SITE_URL: the public address, starting with https://; links in messages are built from it")
    if not settings["ALLOWED_HOSTS"]:
        found.append("ALLOWED_HOSTS: the host names this site answers to, separated by commas")
    if not all(settings[name] for name in _TWILIO):
        found.append(f"{', '.join(_TWILIO)}: sign-in codes go by SMS")
    provider = settings["EMAIL_PROVIDER"]
    if provider not in EMAIL_BACKENDS:
        found.append(f"EMAIL_PROVIDER: one of {', '.join(EMAIL_BACKENDS)}")
    found += [f"{name}: {provider} needs it" for name in _OF_PROVIDER.get(provider, ()) if not settings["ANYMAIL"][name]]
    found += [f"{name}: the engine's address" for name in ENGINES if name not in named_engines]
    if not settings["DEFAULT_FROM_EMAIL"]:
        found.append("DEFAULT_FROM_EMAIL: the address e-mail comes from")
    return found


def unusable(settings: Mapping[str, Any]) -> list[str]:
    """A line "NAME: what to do" for each of `settings` that is there, of the right type, and of no use. What could not be read at all is
    None here and reported elsewhere; what is empty is missing.
    """
    mongo, broker = settings["MONGO_URL"], settings["REDIS_URL"]
    wrong = {
        "SITE_URL: https:// and the host, without a path": _WITH_PATH.match(settings["SITE_URL"]),
        "TRUSTED_PROXIES: how many proxies stand in front, 0 or more": (settings["TRUSTED_PROXIES"] or 0) < 0,
        "MONGO_TIMEOUT_MS: milliseconds, 1 or more": settings["MONGO_TIMEOUT_MS"] is not None and settings["MONGO_TIMEOUT_MS"] < 1,
        "DATABASE_URL: the address of a PostgreSQL, starting with postgres://": not _is_postgres(settings["DATABASES"]["default"]),
        "MONGO_URL: the address of a MongoDB, starting with mongodb://": mongo and not mongo.startswith(_MONGO),
        "REDIS_URL: the address of a Redis or Valkey, starting with redis://": broker and not broker.startswith(_BROKERS),
        f"LOG_LEVEL: one of {', '.join(_LEVELS)}": settings["LOG_LEVEL"] not in _LEVELS,
    }
    return [line for line, is_wrong in wrong.items() if is_wrong]


def _is_postgres(database: Mapping[str, Any] | None) -> bool:
    return not database or database["ENGINE"] == "django.db.backends.postgresql"
