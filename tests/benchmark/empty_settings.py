"""The product's settings with one view that asks one query: what Django, the middleware and the server cost by themselves (P7)."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmark.empty_urls"
