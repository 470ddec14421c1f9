"""Reminders: handed over by the sweep, sent by hand, delivered from the queue. Re-read, decide, queue, claim, look once more, send."""

from followups.outreach.automatic import hand_over
from followups.outreach.delivery import deliver_queued
from followups.outreach.manual import Outcome, remind

__all__ = ["Outcome", "deliver_queued", "hand_over", "remind"]
