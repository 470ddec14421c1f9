"""Bella Hair Co. and its rival: the people every test knows.

Olga owns Bella, Rita is receptionist with Manage Waitlist, Tom is a stylist without it. Mia and Noa are clients with verified phones.
Maya and Tom can be booked. Rival is another business in another zone and currency, with its own owner and a client with Mia's phone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.contrib.auth.models import User

from business.models import Business, Category, Client, Membership, Service, TeamMember, Variant, WorkingHours

# Wednesday 25 November 2026, 09:00 in Sydney (UTC+11).
NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class World:
    bella: Business
    rival: Business
    olga: User
    rita: User
    tom: User
    rex: User
    mia: Client
    noa: Client
    rival_mia: Client
    maya: TeamMember
    tom_member: TeamMember
    rival_member: TeamMember
    cut: Service
    toner: Service
    colour: Service
    colour_short: Variant
    colour_long: Variant
    rival_cut: Service


def _user(username: str, business: Business, role: str, *, manage_waitlist: bool) -> User:
    user = User.objects.create_user(username, password=PASSWORD, first_name=username.capitalize())
    Membership.objects.create(user=user, business=business, role=role, manage_waitlist=manage_waitlist)
    return user


def _member(business: Business, first_name: str, services: list[Service], position: int) -> TeamMember:
    """Works Monday to Saturday 09:00 to 17:00 with a break from 12:30 to 13:00."""
    member = TeamMember.objects.create(business=business, first_name=first_name, title="Stylist", position=position)
    member.services.set(services)
    for weekday in range(6):
        WorkingHours.objects.create(team_member=member, weekday=weekday, starts=time(9), ends=time(17))
        WorkingHours.objects.create(team_member=member, weekday=weekday, starts=time(12, 30), ends=time(13), is_break=True)
    return member


def _client(business: Business, phone: str, first_name: str, last_name: str) -> Client:
    return Client.objects.create(
        business=business,
        phone=phone,
        phone_verified_at=NOW,
        first_name=first_name,
        last_name=last_name,
        email=f"{first_name.lower()}@example.com",
        created_at=NOW,
    )


def build() -> World:
    """Writes the world into the test database."""
    bella = Business.objects.create(
        name="Bella Hair Co.",
        slug="bella-hair",
        address="12 Example Street, Sydney NSW 2000",
        timezone="Australia/Sydney",
        currency="AUD",
        locale="en_AU",
        country="AU",
        phone="+61255501234",
        email="hello@bella.example",
    )
    rival = Business.objects.create(
        name="Rival Cuts",
        slug="rival-cuts",
        address="34 Sample Avenue, New York",
        timezone="America/New_York",
        currency="USD",
        locale="en_US",
        country="US",
        phone="+12125550100",
        email="hello@rival.example",
    )
    hair = Category.objects.create(business=bella, name="Hair")
    rival_hair = Category.objects.create(business=rival, name="Rival hair")
    cut = Service.objects.create(business=bella, category=hair, name="Hair cut", duration_min=45, price_minor=6200)
    toner = Service.objects.create(business=bella, category=hair, name="Toner", duration_min=30, price_minor=4000, position=1)
    colour = Service.objects.create(business=bella, category=hair, name="Colour", duration_min=90, price_minor=12000, position=2)
    short = Variant.objects.create(service=colour, name="Short hair", duration_min=75, price_minor=11000)
    long = Variant.objects.create(service=colour, name="Long hair", duration_min=120, price_minor=16000, position=1)
    rival_cut = Service.objects.create(business=rival, category=rival_hair, name="Rival cut", duration_min=30, price_minor=5000)
    return World(
        bella=bella,
        rival=rival,
        olga=_user("olga", bella, "owner", manage_waitlist=True),
        rita=_user("rita", bella, "receptionist", manage_waitlist=True),
        tom=_user("tom", bella, "team_member", manage_waitlist=False),
        rex=_user("rex", rival, "owner", manage_waitlist=True),
        mia=_client(bella, "+61491570006", "Mia", "Chen"),
        noa=_client(bella, "+61491570156", "Noa", "Levi"),
        rival_mia=_client(rival, "+61491570006", "Mia", "Rivalclient"),
        maya=_member(bella, "Maya", [cut, toner, colour], 0),
        tom_member=_member(bella, "Tom", [cut, toner], 1),
        rival_member=_member(rival, "Rivka", [rival_cut], 0),
        cut=cut,
        toner=toner,
        colour=colour,
        colour_short=short,
        colour_long=long,
        rival_cut=rival_cut,
    )
