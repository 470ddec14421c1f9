"""Every setting, read from the environment. What is missing or wrong is reported at once and all together.

README's settings table explains each variable; tests/architecture keeps the two in step.
"""

from pathlib import Path
from typing import Any, cast

from csp.constants import NONCE, NONE, SELF
from environs import Env, EnvValidationError

from config import required

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env(eager=False)
env.read_env(str(BASE_DIR / ".env"), recurse=False)

DEMO: bool = env.bool("DEMO", False)
DEBUG: bool = env.bool("DEBUG", False)
DEMO_PASSWORD: str = env.str("DEMO_PASSWORD", "comeback-demo")
_DEMO_KEY = "demo-key-for-a-stack-that-only-this-computer-can-reach-0000"

SECRET_KEY: str = env.str("SECRET_KEY", _DEMO_KEY if DEMO else "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
SITE_URL: str = env.str("SITE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}" if DEMO else "").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if DEMO else [])
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", 0)

DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL", "postgres://postgres@127.0.0.1:54329/comeback")}
MONGO_URL: str = env.str(
    "MONGO_URL",
    "mongodb://127.0.0.1:27029/comeback?replicaSet=rs0&w=majority&journal=true&retryWrites=true&readConcernLevel=majority",
)
MONGO_TIMEOUT_MS: int = env.int("MONGO_TIMEOUT_MS", 800)
REDIS_URL: str = env.str("REDIS_URL", "redis://127.0.0.1:63799/0")
BEAT_SCHEDULE_FILE: str = env.str("BEAT_SCHEDULE_FILE", str(BASE_DIR / ".data" / "beat-schedule"))
LOG_LEVEL: str = env.str("LOG_LEVEL", "INFO")

TWILIO_ACCOUNT_SID: str = env.str("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN: str = env.str("TWILIO_AUTH_TOKEN", "")
TWILIO_MESSAGING_SERVICE_SID: str = env.str("TWILIO_MESSAGING_SERVICE_SID", "")
TWILIO_API_URL: str = env.str("TWILIO_API_URL", "")
EMAIL_PROVIDER: str = env.str("EMAIL_PROVIDER", "")
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", "bookings@example.com" if DEMO else "")

ANYMAIL: dict[str, Any] = {
    "POSTMARK_SERVER_TOKEN": env.str("POSTMARK_SERVER_TOKEN", ""),
    "MAILGUN_API_KEY": env.str("MAILGUN_API_KEY", ""),
    "MAILGUN_SENDER_DOMAIN": env.str("MAILGUN_SENDER_DOMAIN", ""),
    "WEBHOOK_SECRET": env.str("ANYMAIL_WEBHOOK_SECRET", ""),
    "REQUESTS_TIMEOUT": 5,
}
EMAIL_BACKEND = required.EMAIL_BACKENDS.get(EMAIL_PROVIDER, "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST: str = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT: int = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 5

# One dotted path per channel. With credentials the provider is used, in the demo too; without them only the demo can send.
MESSAGING_TRANSPORTS: dict[str, str] = {
    "sms": "messaging.sms_twilio.TwilioTransport" if TWILIO_ACCOUNT_SID else "messaging.demo_outbox.DemoOutbox",
    "email": "messaging.email_anymail.EmailTransport" if EMAIL_PROVIDER else "messaging.demo_outbox.DemoOutbox",
}

_found = [] if DEMO else required.missing(globals(), named_engines={name for name in required.ENGINES if env.str(name, "")})
try:
    env.seal()
except EnvValidationError as error:
    _found = [f"{name}: {' '.join(said)}" for name, said in cast("dict[str, list[str]]", error.error_messages).items()] + _found
_found += required.unusable(globals())
if _found:
    raise SystemExit(f"Settings are missing or wrong{'' if DEMO else ' (DEMO=1 needs none of them)'}:\n  " + "\n  ".join(_found))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "anymail",
    "csp",
    "django_htmx",
    "heroicons",
    "config.apps.ConfigConfig",
    "business.apps.BusinessConfig",
    "drafts.apps.DraftsConfig",
    "messaging.apps.MessagingConfig",
    "scheduler.apps.SchedulerConfig",
    "booking.apps.BookingConfig",
    "followups.apps.FollowupsConfig",
    "dashboard.apps.DashboardConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.answer_when_the_database_is_away",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.sessions.keep_while_used",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.keep_pages_private",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.staff_shell",
            ],
            "builtins": ["business.templatetags.words"],
        },
    }
]

DATABASES["default"].update(
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    OPTIONS={"connect_timeout": 3, "options": "-c statement_timeout=15000 -c lock_timeout=5000"},
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = None if DEMO else BASE_DIR / ".static"
# The demo serves static files as they lie in the tree; production serves what collectstatic gathered, hashed and compressed.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEMO
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Sessions of staff live in PostgreSQL: Redis is not in the path of a request.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600  # idle; config.sessions keeps a session that is used alive
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_NAME = "staff" if DEMO else "__Host-staff"
CSRF_COOKIE_NAME = "csrf" if DEMO else "__Host-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
CLIENT_COOKIE_PREFIX = "client-" if DEMO else "__Host-client-"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "business:login"
LOGIN_REDIRECT_URL = "dashboard:home"
LOGOUT_REDIRECT_URL = "business:login"

SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.ShallowJSONParser"],
    "EXCEPTION_HANDLER": "config.views.api_errors",
}

# Celery wakes sweeps up and nothing more. Its messages may be lost, doubled or late without harm (draft-lifecycle 8).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # however long Redis is away, the worker comes back by itself
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 90,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = BEAT_SCHEDULE_FILE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "hide_tokens": {"()": "config.logs.HideTokens"},
        "hide_ticks": {"()": "config.logs.HideTicks"},
        "one_line_of_beat": {"()": "config.logs.OneLineOfBeat"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one_line_of_beat", "hide_tokens", "hide_ticks"]}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # One line per tick and task would bury everything else.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
