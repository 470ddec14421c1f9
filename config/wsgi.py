"""Server entry. Loads what a first visitor would wait for, before the server's workers part ways and share it."""

import os

from babel import Locale
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver

from business import limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _load_ahead() -> None:
    """Every view, every template, the names of days and months, and Redis's client."""
    folder = settings.BASE_DIR / "templates"
    get_resolver().reverse_dict  # noqa: B018 - filled on first use
    for template in folder.rglob("*.html"):
        get_template(str(template.relative_to(folder)))
    Locale("en", "AU").days  # noqa: B018 - read on first use
    limits.connect()


application = get_wsgi_application()
_load_ahead()
