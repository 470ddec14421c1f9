"""People staff book for, or put on the waitlist, who are not clients yet."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from business import actions as business_actions
from business.models import Business, Client


@dataclass(frozen=True, slots=True)
class NewClient:
    """Somebody staff book for who is not a client yet. `phone` is E.164 or ""; nobody has proven it (S03)."""

    first_name: str
    last_name: str = ""
    phone: str = ""
    email: str = ""


def add_client(*, new: NewClient, business: Business, by: User, now: datetime) -> Client:
    """The client staff typed in; one whose phone the business knows already is that one, unchanged. `by` goes into the log."""
    fields = {"first_name": new.first_name, "last_name": new.last_name, "email": new.email, "created_at": now}
    if new.phone:
        client, created = Client.objects.get_or_create(business=business, phone=new.phone, defaults=fields)
    else:
        client, created = Client.objects.create(business=business, **fields), True
    if created:
        business_actions.audit(business=business, actor=by, action="client.added", object_id=str(client.pk), now=now)
    return client
