"""The product's settings with fast hashing, plain static files and recording transports."""

import os
import re

os.environ.setdefault("DEMO", "0")
# tests.engines has set these long before; the type checker loads the settings without any engine.
os.environ.setdefault("DATABASE_URL", "postgres://postgres@127.0.0.1:54329/comeback")
os.environ.setdefault("MONGO_URL", "mongodb://127.0.0.1:27029/comeback?replicaSet=rs0")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:63799/0")
os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only-that-is-long-enough-to-pass-the-check-0123456789")
os.environ.setdefault("SITE_URL", "https://book.example.com")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1,book.example.com")
os.environ.setdefault("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000000")
os.environ.setdefault("TWILIO_AUTH_TOKEN", "twilio-token-for-tests")
os.environ.setdefault("TWILIO_MESSAGING_SERVICE_SID", "MG00000000000000000000000000000000")
os.environ.setdefault("EMAIL_PROVIDER", "postmark")
os.environ.setdefault("POSTMARK_SERVER_TOKEN", "postmark-token-for-tests")
os.environ.setdefault("ANYMAIL_WEBHOOK_SECRET", "anymail:webhook-secret-for-tests")
os.environ.setdefault("DEFAULT_FROM_EMAIL", "bookings@example.com")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MESSAGING_TRANSPORTS = {"sms": "tests.fakes.RecordingTransport", "email": "tests.fakes.RecordingTransport"}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [line for line in MIDDLEWARE if "whitenoise" not in line]  # noqa: F405
# The test client speaks http; the live-server and Chromium too. `check --deploy` runs on the production settings.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, CLIENT_COOKIE_PREFIX = "staff", "csrf", "client-"
SECURE_HSTS_SECONDS = 0
MONGO_TIMEOUT_MS = 5000
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 - a connection that a server thread kept would keep the test database from being dropped
# As pytest-django does for PostgreSQL: never touch what lies in the database that the environment names.
MONGO_URL = re.sub(r"^(mongodb(?:\+srv)?://[^/]+/)([^?]*)", r"\1test_\2", MONGO_URL)  # noqa: F405
