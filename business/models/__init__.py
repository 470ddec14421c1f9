"""What the owner calls "my business": its catalogue, team, clients, and who may do what. All floors may use these models.

Money is in minor units of the business's currency, durations in minutes, moments in UTC, hours of the day in the business's zone.
"""

from business.models.business import Business, Channel, Membership
from business.models.catalogue import Category, Service, TeamMember, Variant, WorkingHours
from business.models.people import ChannelOptOut, Client, ClientSession, Consent
from business.models.records import AuditEvent, DayCounter, DemoClock, Heartbeat, SignInAttempt

__all__ = [
    "AuditEvent",
    "Business",
    "Category",
    "Channel",
    "ChannelOptOut",
    "Client",
    "ClientSession",
    "Consent",
    "DayCounter",
    "DemoClock",
    "Heartbeat",
    "Membership",
    "Service",
    "SignInAttempt",
    "TeamMember",
    "Variant",
    "WorkingHours",
]
