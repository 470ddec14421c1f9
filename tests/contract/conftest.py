"""Two databases for the same asserts: mongomock for speed, a real mongod for truth."""

from collections.abc import Iterator

import mongomock
import pytest
from bson.codec_options import CodecOptions
from pymongo.database import Database

from core import mongo as driver
from drafts import schema


def _pretended() -> Database:
    """A database of mongomock with our indexes; it has no validators and its TTL deletes at once."""
    database = mongomock.MongoClient(tz_aware=True).get_database("comeback", codec_options=CodecOptions(tz_aware=True))
    for index in schema.INDEXES:
        database.booking_drafts.create_index(list(index.keys), name=index.name, **index.options)
    return database


@pytest.fixture(params=["mongomock", "mongod"])
def drafts_db(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The drafts' database behind the one seam, `core.mongo.database`, once of each kind."""
    if request.param == "mongod":
        yield request.getfixturevalue("mongo")
        return
    database = _pretended()
    monkeypatch.setattr(driver, "database", lambda: database)
    yield database
