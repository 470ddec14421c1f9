"""What MongoDB is told about the drafts: the collection, its indexes and its validator, as plain data (draft-lifecycle 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from business.sizes import MOST_SERVICES, NOTE_LENGTH
from drafts.document import MAX_NAME, MAX_TZ, DraftState

COLLECTION: Final = "booking_drafts"
ASCENDING, DESCENDING = 1, -1
_LISTED_BESIDES = {"v", "key", "name", "ns", "background"}


@dataclass(frozen=True, slots=True)
class Index:
    """`serves` says which question it answers; `options` are MongoDB's own names."""

    name: str
    keys: tuple[tuple[str, int], ...]
    serves: str
    options: dict[str, Any] = field(default_factory=dict)

    def has_keys_of(self, found: Mapping[str, Any]) -> bool:
        """Whether an index as MongoDB lists it covers the same fields in the same order."""
        return tuple(found["key"].items()) == self.keys

    def has_options_of(self, found: Mapping[str, Any]) -> bool:
        """Whether it is unique, partial or deleting in the same way."""
        return {name: value for name, value in found.items() if name not in _LISTED_BESIDES} == self.options


INDEXES: Final = (
    Index("one_per_client", (("business_id", ASCENDING), ("client_id", ASCENDING)), "one draft per client (I1)", {"unique": True}),
    Index("ttl", (("purge_at", ASCENDING),), "the 24 h clean-up (S73)", {"expireAfterSeconds": 0}),
    Index(
        "due",
        (("review_expires_at", ASCENDING),),
        "the sweep",
        {"partialFilterExpression": {"status": DraftState.REVIEWING.value}},
    ),
    Index(
        "panel",
        (("business_id", ASCENDING), ("review_expires_at", DESCENDING)),
        "panel, badge and dashboard count",
        {"partialFilterExpression": {"open": True}},
    ),
    Index("bell_out", (("bell.state", ASCENDING),), "bells to ring", {"partialFilterExpression": {"bell.state": "pending"}}),
    Index(
        "rem_out", (("reminder.state", ASCENDING),), "reminders to hand over", {"partialFilterExpression": {"reminder.state": "pending"}}
    ),
)

_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_COUNT = {"bsonType": ["int", "long"], "minimum": 1}
_COUNT_OR_NULL = {"bsonType": ["int", "long", "null"]}
_DATE = {"bsonType": "date"}
_DATE_OR_NULL = {"bsonType": ["date", "null"]}
_FLOW = {"bsonType": "string", "minLength": 36, "maxLength": 36}


def _text(most: int) -> dict[str, Any]:
    return {"bsonType": "string", "maxLength": most}


def _object(properties: dict[str, Any], *, nullable: bool = False) -> dict[str, Any]:
    return {"bsonType": ["object", "null"] if nullable else "object", "required": list(properties), "properties": properties}


_SERVICE = _object(
    {"service_id": _COUNT, "variant_id": _COUNT_OR_NULL, "name": _text(MAX_NAME), "duration_min": _NUMBER, "price_minor": _NUMBER}
)
_SELECTION = _object(
    {
        "services": {"bsonType": "array", "minItems": 1, "maxItems": MOST_SERVICES, "items": _SERVICE},
        "team_member_id": _COUNT_OR_NULL,
        "start_at": _DATE_OR_NULL,
        "tz": _text(MAX_TZ),
        "notes": _text(NOTE_LENGTH),
    }
)

# Keys that are not named here are allowed, so that an older release can live beside a newer one (F19).
VALIDATOR: Final[dict[str, Any]] = {
    "$jsonSchema": _object(
        {
            "_id": {"bsonType": "string", "pattern": "^d_[a-z2-7]{26}$"},
            "v": _COUNT,
            "business_id": _COUNT,
            "client_id": _COUNT,
            "status": {"enum": [state.value for state in DraftState]},
            "open": {"bsonType": "bool"},
            "engagement": _COUNT,
            "rev": _COUNT,
            "flow": _FLOW,
            "closed_flow": {"bsonType": ["string", "null"], "minLength": 36, "maxLength": 36},
            "review_started_at": _DATE,
            "review_expires_at": _DATE,
            "incomplete_at": _DATE_OR_NULL,
            "engaged_at": _DATE,
            "purge_at": _DATE,
            "selection_key": {"bsonType": "string", "minLength": 64, "maxLength": 64},
            "selection": _SELECTION,
            "bell": _object({"state": {"enum": ["none", "pending", "done"]}, "at": _DATE}),
            "reminder": _object({"state": {"enum": ["none", "pending", "handed", "skipped"]}, "reason": _text(40), "at": _DATE}),
            "closed": _object({"at": _DATE, "by": _text(40), "appointment_id": _COUNT_OR_NULL}, nullable=True),
        }
    )
}
# "moderate": one document that an older release wrote differently must not stop the batch that expires it.
VALIDATION: Final[dict[str, Any]] = {"validator": VALIDATOR, "validationLevel": "moderate", "validationAction": "error"}


def is_validated(collection: Mapping[str, Any]) -> bool:
    """Whether a collection as MongoDB lists it has our validator."""
    return {name: collection["options"].get(name) for name in VALIDATION} == VALIDATION
