"""What a production start cannot do without; the demo needs none of it."""

from collections.abc import Mapping
from typing import Any

EMAIL_BACKENDS = {
    "postmark": "anymail.backends.postmark.EmailBackend",
    "mailgun": "anymail.backends.mailgun.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
}
ENGINES = ("DATABASE_URL", "MONGO_URL", "REDIS_URL")
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
