"""One MongoDB client per process. Only drafts.store and drafts.queries may import this."""

import atexit
import os
import threading
from typing import Any

from bson.codec_options import CodecOptions
from django.conf import settings
from pymongo import MongoClient
from pymongo.database import Database

Document = dict[str, Any]

_lock = threading.Lock()
_client: MongoClient[Document] | None = None
_owner = 0


def _connect() -> MongoClient[Document]:
    # serverSelectionTimeoutMS and timeoutMS of the web process are short on purpose: a booking page never waits for MongoDB.
    return MongoClient(
        settings.MONGO_URL,
        timeoutMS=settings.MONGO_TIMEOUT_MS,
        serverSelectionTimeoutMS=min(500, settings.MONGO_TIMEOUT_MS),
        connectTimeoutMS=min(500, settings.MONGO_TIMEOUT_MS),
        tz_aware=True,
        appname="comeback",
    )


def database() -> Database[Document]:
    """The database named in MONGO_URL. Connects on first use and again after a fork; raises nothing until it is used."""
    global _client, _owner
    with _lock:
        if _client is None or _owner != os.getpid():
            _client, _owner = _connect(), os.getpid()
            atexit.register(_client.close)
        return _client.get_default_database(default="comeback", codec_options=CodecOptions(tz_aware=True))
