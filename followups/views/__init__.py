"""Doors of the Follow-ups: the panel, what one can do from a card, and the waitlist."""
