"""Writes a salon without its days: the business, its menu, team, hours, sign-ins and clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from business.actions import CONSENT_TEXT_VERSION
from business.models import Business, Category, Channel, Client, Consent, Membership, Service, TeamMember, Variant, WorkingHours
from config.demo import chance
from config.demo.shapes import ClientSpec, MemberSpec, SalonSpec, ServiceSpec
from core import contact
from messaging.models import AutomatedMessage, Kind

REMINDERS_ON_SINCE = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Salon:
    """A salon as it stands in the database, by the names its data uses."""

    spec: SalonSpec
    business: Business
    services: Mapping[str, Service]
    variants: Mapping[tuple[str, str], Variant]
    members: Mapping[str, TeamMember]
    clients: Mapping[str, Client]


def load(spec: SalonSpec) -> Salon:
    """The salon written by `write`, read back by its names. Where a person added somebody of the same name, the demo's own is found."""
    business = Business.objects.get(slug=spec.slug)
    keys = {service.name: service.key for category in spec.menu for service in category.services}
    services = Service.objects.filter(business=business, name__in=keys).order_by("-id")
    variants = Variant.objects.filter(service__in=services).select_related("service").order_by("-service_id", "position", "id")
    return Salon(
        spec=spec,
        business=business,
        services={keys[service.name]: service for service in services},
        variants={(keys[variant.service.name], variant.name): variant for variant in variants},
        members={member.first_name: member for member in TeamMember.objects.filter(business=business).order_by("-id")},
        clients={str(client): client for client in Client.objects.filter(business=business).order_by("-id")},
    )


def write(spec: SalonSpec, *, now: datetime) -> Salon:
    """The whole house of `spec`. Raises IntegrityError when a part of it is there already."""
    business = Business.objects.create(
        name=spec.name,
        slug=spec.slug,
        address=spec.address,
        timezone=spec.timezone,
        currency=spec.currency,
        locale=spec.locale,
        country=spec.country,
        phone=spec.phone,
        email=spec.email,
        accent=spec.accent,
    )
    _write_menu(business, spec, now)
    _write_team(business, spec)
    _write_clients(business, spec, now)
    return load(spec)


def write_staff(salon: Salon, *, password_hash: str) -> None:
    """The sign-ins of a salon, each linked to their column in the day where they have one."""
    for staff in salon.spec.staff:
        user = User.objects.create(
            username=staff.username,
            password=password_hash,
            first_name=staff.first_name,
            last_name=staff.last_name,
            email=f"{staff.username}@{salon.spec.email.partition('@')[2]}",
            is_staff=staff.sees_admin and settings.DEMO,
            is_superuser=staff.sees_admin and settings.DEMO,
        )
        Membership.objects.create(user=user, business=salon.business, role=staff.role, manage_waitlist=staff.manage_waitlist)
        if staff.member:
            TeamMember.objects.filter(pk=salon.members[staff.member].pk).update(user=user)


def password_hash() -> str:
    """The demo's password, hashed once for all sign-ins: hashing is slow on purpose."""
    return make_password(settings.DEMO_PASSWORD)


def _write_menu(business: Business, spec: SalonSpec, now: datetime) -> None:
    """Categories, services and variants, in three statements."""
    categories = Category.objects.bulk_create(
        Category(business=business, name=category.name, position=index) for index, category in enumerate(spec.menu)
    )
    services = [
        (service, _service(business, category, service, position, now))
        for category, group in zip(categories, spec.menu, strict=True)
        for position, service in enumerate(group.services)
    ]
    Service.objects.bulk_create(row for _, row in services)
    Variant.objects.bulk_create(
        Variant(service=row, name=variant.name, duration_min=variant.duration_min, price_minor=variant.price_minor, position=index)
        for service, row in services
        for index, variant in enumerate(service.variants)
    )


def _service(business: Business, category: Category, service: ServiceSpec, position: int, now: datetime) -> Service:
    gone = None if service.archived_min_ago is None else now - timedelta(minutes=service.archived_min_ago)
    return Service(
        business=business,
        category=category,
        name=service.name,
        description=service.description,
        duration_min=service.duration_min,
        price_minor=service.price_minor,
        position=position,
        archived_at=gone,
    )


def _write_team(business: Business, spec: SalonSpec) -> None:
    members = TeamMember.objects.bulk_create(
        TeamMember(business=business, first_name=member.first_name, last_name=member.last_name, title=member.title, position=index)
        for index, member in enumerate(spec.team)
    )
    names = {service.key: service.name for category in spec.menu for service in category.services}
    services = {service.name: service.pk for service in Service.objects.filter(business=business)}
    skills = TeamMember.services.through
    skills.objects.bulk_create(
        skills(teammember_id=row.pk, service_id=services[names[key]])
        for row, member in zip(members, spec.team, strict=True)
        for key in member.skills
    )
    WorkingHours.objects.bulk_create(hours for row, member in zip(members, spec.team, strict=True) for hours in _hours(row, member))


def _hours(row: TeamMember, member: MemberSpec) -> list[WorkingHours]:
    found = []
    for weekday, shift in member.hours.items():
        found.append(
            WorkingHours(team_member=row, weekday=weekday, starts=time.fromisoformat(shift.starts), ends=time.fromisoformat(shift.ends))
        )
        if shift.pause:
            starts, ends = (time.fromisoformat(moment) for moment in shift.pause)
            found.append(WorkingHours(team_member=row, weekday=weekday, starts=starts, ends=ends, is_break=True))
    return found


def _write_clients(business: Business, spec: SalonSpec, now: datetime) -> None:
    rows = Client.objects.bulk_create(_client(business, client, now) for client in spec.clients)
    Consent.objects.bulk_create(
        Consent(
            business=business,
            client=row,
            channel=channel,
            granted=client.wants,
            text_version=CONSENT_TEXT_VERSION,
            source="sign_in" if client.wants else "preferences",
            at=row.phone_verified_at,
        )
        for row, client in zip(rows, spec.clients, strict=True)
        if row.phone_verified_at
        for channel in Channel.values
    )


def _client(business: Business, client: ClientSpec, now: datetime) -> Client:
    name = f"{client.first_name} {client.last_name}"
    since = now - timedelta(days=60 + chance.number(f"since/{name}", 500), minutes=chance.number(f"at/{name}", 600))
    return Client(
        business=business,
        phone=contact.to_e164(client.phone, region=business.country) if client.phone else "",
        phone_verified_at=since if client.verified else None,
        first_name=client.first_name,
        last_name=client.last_name,
        email=client.email,
        wants_sms=client.wants,
        wants_email=client.wants,
        created_at=since,
    )


def switch_reminders_on(business: Business, *, now: datetime) -> None:
    """Both channels with the default words, three weeks ago. A new business starts with both off (S57); the demo wants a reminder to be seen."""
    since = now - REMINDERS_ON_SINCE
    AutomatedMessage.objects.bulk_create(
        AutomatedMessage(
            business=business, kind=Kind.INCOMPLETE_REMINDER, channel=channel, enabled=True, enabled_at=since, updated_at=since
        )
        for channel in Channel.values
    )
