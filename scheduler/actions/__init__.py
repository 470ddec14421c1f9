"""Writes of the appointment book: book, move, cancel, and the waitlist."""

from scheduler.actions.booking import Booked, NotBookable, SlotTaken, book, booked_lines
from scheduler.actions.by_staff import book_by_staff
from scheduler.actions.changing import NotChangeable, cancel, mark_mirrored, move
from scheduler.actions.people import NewClient, add_client
from scheduler.actions.waitlist import Window, close_waitlist, join_waitlist, lock_waitlist, update_waitlist

__all__ = [
    "Booked",
    "NewClient",
    "NotBookable",
    "NotChangeable",
    "SlotTaken",
    "Window",
    "add_client",
    "book",
    "book_by_staff",
    "booked_lines",
    "cancel",
    "close_waitlist",
    "join_waitlist",
    "lock_waitlist",
    "mark_mirrored",
    "move",
    "update_waitlist",
]
