"""One attempt and its outcome: the table of draft-lifecycle 6."""

from datetime import timedelta

import pytest

from business.models import Channel, ChannelOptOut, Consent
from messaging import outbox
from messaging.models import Kind, Message, State
from messaging.outbox.sending import FENCE_SECONDS, MAX_ATTEMPTS, back_off
from messaging.render import Content
from tests.fakes import RecordingTransport, Send
from tests.integration.test_outbox_queue import queue
from tests.world import World

TEXT = "Bella Hair Co.: finish at https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/"
FAKES = "tests.fakes."


def claimed(world: World, now, **changes) -> Message:
    queue(world, now, **changes)
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    assert message is not None
    return message


def deliver(message: Message, now) -> Message:
    return outbox.deliver(message=message, content=Content("", TEXT), timeout_seconds=15, now=now)


def use(settings, name: str) -> None:
    settings.MESSAGING_TRANSPORTS = {"sms": FAKES + name, "email": FAKES + name}


def test_what_is_stored_has_no_token(world: World, now) -> None:
    sent = deliver(claimed(world, now), now)
    assert sent.body == "Bella Hair Co.: finish at https://book.example.com/r/…/"
    assert sent.done_at == now
    assert sent.provider_id.startswith("fake-")


def test_a_claim_older_than_the_fence_is_put_back_unsent(world: World, now, sends: list[Send]) -> None:
    message = claimed(world, now)
    message.claimed_monotonic -= FENCE_SECONDS + 1
    assert deliver(message, now).state == State.QUEUED
    assert sends == []


def test_what_called_nobody_is_no_attempt(world: World, now, settings, sends: list[Send]) -> None:
    message = claimed(world, now)
    for second in range(MAX_ATTEMPTS + 1):
        outbox.release(message=message, now=now)
        message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + timedelta(seconds=second))
    message.claimed_monotonic -= FENCE_SECONDS + 1
    put_back = deliver(message, now)
    assert (put_back.attempts, put_back.first_sending_at, sends) == (0, None, [])
    use(settings, "BusyTransport")
    busy = deliver(outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now), now)
    assert (busy.state, busy.attempts) == (State.QUEUED, 1)


def test_the_first_real_attempt_stays_the_first(world: World, now, settings) -> None:
    use(settings, "BusyTransport")
    tried = deliver(claimed(world, now), now)
    later = now + timedelta(minutes=5)
    again = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=later)
    outbox.release(message=again, now=later)
    tried.refresh_from_db()
    assert (tried.attempts, tried.first_sending_at) == (1, now)


def test_a_lost_claim_gives_nothing_back(world: World, now) -> None:
    lost = claimed(world, now)
    outbox.release(message=lost, now=now)
    ours = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    outbox.release(message=lost, now=now)
    ours.refresh_from_db()
    assert (ours.state, ours.attempts, ours.first_sending_at) == (State.SENDING, 1, now)


def test_only_claimed_rows_are_delivered(world: World, now) -> None:
    message = queue(world, now)
    with pytest.raises(ValueError, match="claim"):
        deliver(message, now)


@pytest.mark.s("D14")
def test_a_refusal_fails_with_its_reason(world: World, now, settings) -> None:
    use(settings, "RejectingTransport")
    failed = deliver(claimed(world, now), now)
    assert (failed.state, failed.reason, failed.done_at) == (State.FAILED, "bad_number", now)


@pytest.mark.s("D14")
def test_a_stopped_number_is_opted_out_for_this_business_only(world: World, now, settings) -> None:
    use(settings, "OptedOutTransport")
    queue(world, now, dedupe_key="auto:d_2:1:sms", draft_id="d_2", not_before=now + timedelta(hours=1))
    failed = deliver(claimed(world, now), now)
    assert (failed.state, failed.reason) == (State.FAILED, "opted_out")
    assert ChannelOptOut.objects.filter(business=world.bella, channel="sms", source="provider").count() == 1
    assert not ChannelOptOut.objects.filter(business=world.rival).exists()
    world.mia.refresh_from_db()
    world.rival_mia.refresh_from_db()
    assert (world.mia.wants_sms, world.rival_mia.wants_sms) == (False, True)
    assert Consent.objects.get(client=world.mia).granted is False
    assert Message.objects.get(draft_id="d_2").state == State.CANCELLED


@pytest.mark.s("S63", "D14")
def test_nothing_goes_to_someone_who_stopped_after_it_was_queued(world: World, now, sends: list[Send]) -> None:
    message = claimed(world, now)
    ChannelOptOut.objects.create(business=world.bella, channel="sms", contact_digest=_digest(world.mia.phone), source="stop", at=now)
    cancelled = deliver(message, now)
    assert (cancelled.state, cancelled.reason) == (State.CANCELLED, "opted_out")
    assert sends == []


def _digest(contact: str) -> str:
    from business.actions import contact_digest

    return contact_digest(contact)


def test_a_busy_provider_is_tried_again_later_and_later_and_then_no_more(world: World, now, settings) -> None:
    use(settings, "BusyTransport")
    message, moment, waits = claimed(world, now), now, []
    for _ in range(MAX_ATTEMPTS - 1):
        again = deliver(message, moment)
        assert again.state == State.QUEUED
        waits.append((again.not_before - moment).total_seconds())
        assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=again.not_before - timedelta(seconds=1)) is None
        moment = again.not_before
        message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=moment)
    given_up = deliver(message, moment)
    assert (given_up.state, given_up.reason, given_up.attempts) == (State.FAILED, "provider_busy", MAX_ATTEMPTS)
    assert all(4 * 2**n <= wait <= min(300, 12 * 2**n) for n, wait in enumerate(waits))


@pytest.mark.parametrize(
    ("attempts", "asked", "low", "high"), [(1, None, 4, 12), (1, 90.0, 90, 90), (1, 9000.0, 300, 300), (8, None, 300, 300)]
)
def test_the_wait_honours_what_the_provider_asks(attempts: int, asked: float | None, low: float, high: float) -> None:
    assert low <= back_off(attempts, asked).total_seconds() <= high


@pytest.mark.parametrize("fake", ["UnclearTransport", "AcceptedButUnclearTransport", "BrokenTransport"])
def test_what_nobody_knows_is_kept_as_unknown(world: World, now, settings, fake: str) -> None:
    use(settings, fake)
    unknown = deliver(claimed(world, now), now)
    assert (unknown.state, unknown.done_at) == (State.UNKNOWN, None)
    assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + timedelta(hours=2)) is None


def test_an_adapters_mistake_leaves_no_personal_data_in_the_log(world: World, now, settings, caplog) -> None:
    use(settings, "BrokenTransport")
    deliver(claimed(world, now), now)
    assert "RuntimeError" in caplog.text
    assert world.mia.phone not in caplog.text


def test_an_answer_that_comes_after_a_requeue_still_counts(world: World, now) -> None:
    message = claimed(world, now)
    Message.objects.filter(pk=message.pk).update(state=State.QUEUED, claim=None)
    assert deliver(message, now).state == State.SENT
    assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now) is None


def test_a_refusal_that_comes_after_the_claim_was_lost_changes_nothing(world: World, now, settings) -> None:
    use(settings, "RejectingTransport")
    message = claimed(world, now)
    Message.objects.filter(pk=message.pk).update(state=State.SENT, claim=None)
    assert deliver(message, now).state == State.SENT


@pytest.mark.s("S66")
def test_a_settled_row_makes_room_for_the_next(world: World, now) -> None:
    deliver(claimed(world, now), now)
    assert queue(world, now, dedupe_key="auto:d_1:2:sms", engagement=2) is not None


@pytest.mark.s("D14")
def test_cancel_release_and_cancel_queued(world: World, now) -> None:
    message = claimed(world, now)
    outbox.release(message=message, now=now)
    again = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    outbox.cancel(message=message, reason="converted", now=now)  # the old claim is lost
    outbox.cancel(message=again, reason="superseded", now=now)
    again.refresh_from_db()
    assert (again.state, again.reason, again.attempts) == (State.CANCELLED, "superseded", 1)
    queue(world, now, dedupe_key="auto:d_1:2:sms", engagement=2)
    assert outbox.cancel_queued(draft_id="d_1", reason="superseded", now=now) == 1
    assert outbox.cancel_queued(draft_id="", reason="superseded", now=now) == 0


def test_a_code_goes_out_in_the_request_and_is_stored_masked(world: World, now, sends: list[Send]) -> None:
    sent = outbox.send_code(business=world.bella, phone="+61491570006", text="482913 is your code", masked="… is your code", now=now)
    assert (sent.state, sent.body, sent.kind) == (State.SENT, "… is your code", Kind.SIGN_IN_CODE)
    assert sends[0].content.text == "482913 is your code"
    assert sends[0].sender.name == "Bella Hair Co."


@pytest.mark.parametrize(
    ("fake", "state", "reason"),
    [
        ("BusyTransport", State.FAILED, "provider_busy"),
        ("RejectingTransport", State.FAILED, "bad_number"),
        ("UnclearTransport", State.UNKNOWN, ""),
    ],
)
def test_a_code_is_never_queued_again(world: World, now, settings, *, fake: str, state: str, reason: str) -> None:
    use(settings, fake)
    message = outbox.send_code(business=world.bella, phone="+61491570006", text="482913", masked="…", now=now)
    assert (message.state, message.reason) == (state, reason)
    outbox.reconcile(now=now + timedelta(minutes=10))
    message.refresh_from_db()
    assert message.state in {State.FAILED, State.UNCONFIRMED}


def test_someone_who_stopped_may_still_ask_for_a_code(world: World, now, sends: list[Send]) -> None:
    outbox.stop_channel(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=now)
    outbox.send_code(business=world.bella, phone=world.mia.phone, text="482913", masked="…", now=now)
    assert len(sends) == 1


def test_links_are_minted_per_attempt_and_revoked_together(world: World, now) -> None:
    message = claimed(world, now)
    first = outbox.mint_link(message=message, services=[(world.cut.pk, None)], now=now)
    second = outbox.mint_link(message=message, services=[(world.cut.pk, None)], now=now)
    from messaging.queries import link_by_token

    assert link_by_token(first).services == [[world.cut.pk, None]]
    assert link_by_token(second).draft_id == "d_1"
    assert link_by_token("no-such-token") is None
    assert outbox.revoke_links(client=world.mia, now=now) == 2
    assert link_by_token(first).revoked_at == now
    assert not type(message.links.first()).objects.filter(digest__in=[first, second]).exists()


def test_erasing_a_client_stops_and_empties_their_messages(world: World, now) -> None:
    deliver(claimed(world, now), now)
    queue(world, now, dedupe_key="auto:d_2:1:sms", draft_id="d_2")
    assert outbox.erase_client(client=world.mia, now=now) == 2
    assert set(Message.objects.values_list("recipient", "body")) == {("", "")}
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT, State.CANCELLED}
    assert RecordingTransport.sends


class ErasedMeanwhile(RecordingTransport):
    """The client is erased while the provider has the message."""

    def send(self, *, message: Message, **wish):
        outbox.erase_client(client=message.client, now=message.sending_at)
        return super().send(message=message, **wish)


def test_a_message_claimed_before_the_erasure_stays_here(world: World, now, sends: list[Send]) -> None:
    message = claimed(world, now)
    outbox.erase_client(client=world.mia, now=now)
    cancelled = deliver(message, now)
    assert (cancelled.state, cancelled.reason, sends) == (State.CANCELLED, "erased", [])


def test_an_answer_after_the_erasure_brings_no_words_back(world: World, now, settings) -> None:
    settings.MESSAGING_TRANSPORTS = {"sms": f"{__name__}.ErasedMeanwhile"}
    sent = deliver(claimed(world, now), now)
    assert (sent.state, sent.body, sent.subject, sent.recipient) == (State.SENT, "", "", "")
