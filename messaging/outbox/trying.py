"""A test message to oneself: the words being edited, through the real provider, before any client gets them."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from business.models import Business, Channel, Client, Service
from core import contact, identifiers
from messaging.models import Kind, Message
from messaging.outbox.queueing import claim, queue
from messaging.outbox.sending import deliver
from messaging.render import Content, Words, reminder_values, render, resume_url

TESTS_PER_HOUR = 10
TEST_TIMEOUT_SECONDS = 5.0
EXAMPLE_NAME = "Sarah"
EXAMPLE_TOKEN = "example-link-" + "0" * 9


class TestRefused(ValueError):
    """The test message cannot be sent; the message says what to do."""

    __test__ = False  # not a test case, whatever its name looks like to pytest


def example(*, business: Business, channel: Channel, words: Words, first_name: str = "") -> Content:
    """The message as a client would get it, with a service of this business's and a link that leads nowhere. Raises BadTemplate."""
    services = Service.objects.filter(business=business, archived_at=None)[:1]
    client = Client(business=business, first_name=first_name or EXAMPLE_NAME)
    values = reminder_values(
        business=business, client=client, services=[one.name for one in services] or ["Hair cut"], link=resume_url(EXAMPLE_TOKEN)
    )
    return render(channel=channel, business=business, subject=words.subject, body=words.body, values=values)


def send_test(*, business: Business, channel: Channel, words: Words, recipient: str, user: User, now: datetime) -> Message:
    """Send these words to the staff member's own number or address, in this request (5 s). Look at `.state` and `.reason`.

    Raises TestRefused (number or address, limit of ten an hour) and BadTemplate.
    """
    to = _test_recipient(business, channel, recipient)
    recent = Message.objects.filter(business=business, kind=Kind.TEST, created_at__gt=now - timedelta(hours=1)).count()
    if recent >= TESTS_PER_HOUR:
        raise TestRefused(f"{TESTS_PER_HOUR} tests went out in the last hour. Try again later.")
    content = example(business=business, channel=channel, words=words, first_name=user.first_name)
    queued = queue(
        kind=Kind.TEST,
        business=business,
        client=None,
        channel=channel,
        dedupe_key=f"test:{identifiers.new_uuid()}",
        now=now,
        recipient=to,
        trigger=Message.Trigger.MANUAL,
        requested_by=user,
    )
    claimed = claim(kind=Kind.TEST, now=now, message_id=queued.pk) if queued else None
    if claimed is None:
        raise TestRefused("The test could not be sent. Try again.")
    return deliver(message=claimed, content=content, timeout_seconds=TEST_TIMEOUT_SECONDS, now=now)


def _test_recipient(business: Business, channel: Channel, recipient: str) -> str:
    try:
        if channel == Channel.EMAIL:
            address = contact.tidy_email(recipient)
            if not address:
                raise TestRefused("Enter the address the test should go to.")
            return address
        phone = contact.to_e164(recipient, region=business.country)
    except (contact.BadEmail, contact.BadPhone) as problem:
        raise TestRefused(str(problem)) from None
    if not contact.can_be_texted(phone) or contact.region_of(phone) not in business.textable_countries:
        raise TestRefused("This number cannot get text messages from here. Enter a mobile number.")
    return phone
