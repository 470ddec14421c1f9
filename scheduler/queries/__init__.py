"""Reads of the appointment book: today's catalogue, free times, where appointments came from, and the staff's day."""

from scheduler.availability import Diary, Slot
from scheduler.queries.catalogue import Line, Resolved, is_offered, lines_of, resolve, suitable_members
from scheduler.queries.clients import find_clients
from scheduler.queries.day import Day, day_of
from scheduler.queries.origins import appointment_for_draft, booked_from, drafts_with_appointment, unmirrored
from scheduler.queries.staffing import rival, unusual
from scheduler.queries.times import (
    NOT_TAKING_TIME,
    bookable_days,
    confirm_window,
    day_slots,
    diary_of,
    free_members,
    is_free,
    nearest,
    next_open_day,
    window,
)

__all__ = [
    "NOT_TAKING_TIME",
    "Day",
    "Diary",
    "Line",
    "Resolved",
    "Slot",
    "appointment_for_draft",
    "bookable_days",
    "booked_from",
    "confirm_window",
    "day_of",
    "day_slots",
    "diary_of",
    "drafts_with_appointment",
    "find_clients",
    "free_members",
    "is_free",
    "is_offered",
    "lines_of",
    "nearest",
    "next_open_day",
    "resolve",
    "rival",
    "suitable_members",
    "unmirrored",
    "unusual",
    "window",
]
