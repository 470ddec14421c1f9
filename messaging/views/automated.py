"""Settings → Automated Messages: owners and managers only."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from business.access import Staff, staff_page
from business.models import Channel
from core import clock
from messaging import actions, outbox, queries
from messaging.forms import ReminderForm
from messaging.models import Kind, State
from messaging.render import MAIL_FOOTER, BadTemplate, Words, default_words, resume_url, segments

EDITABLE = {
    Kind.INCOMPLETE_REMINDER.value: {
        "name": "Incomplete booking reminder",
        "what": "Asks clients who stopped at Review to finish their booking, with a link that brings everything back.",
    }
}
VARIABLE_CHIPS = [
    {"text": "{{FirstName}}", "means": "The client's first name; “there” when we do not know it"},
    {"text": "{{ServiceName}}", "means": "What they chose: “Hair cut and Toner”, “Hair cut + 2 more”"},
    {"text": "{{BusinessName}}", "means": "Your business's name"},
    {"text": "{{ResumeBookingLink}}", "means": "The link back to their booking; needed once in every text"},
]
NOT_SENT = {
    "provider_busy": "The provider is busy. Try again in a minute.",
    "opted_out": "This number or address asked not to get messages from you.",
    "bad_number": "The provider says that this number does not exist.",
    "not_a_mobile": "The provider says that this is no mobile number.",
    "not_reachable": "The provider cannot reach this number.",
    "country_not_allowed": "Your account may not text numbers of this country.",
    "bad_address": "The provider says that this address does not exist.",
}


@require_safe
@staff_page("edit_messages")
def settings_page(request: HttpRequest, staff: Staff) -> HttpResponse:
    rows = [{"kind": kind, **about, "channels": queries.automated(business=staff.business, kind=kind)} for kind, about in EDITABLE.items()]
    return render(request, "messaging/settings.html", {"groups": [{"name": "Reminders", "rows": rows}]})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("edit_messages")
def edit(request: HttpRequest, kind: str, staff: Staff) -> HttpResponse:
    stored = _stored(staff, kind)
    if request.method != "POST":
        return _page(request, staff, kind, ReminderForm(initial=ReminderForm.of(stored)))
    reset = request.POST.get("reset", "")
    if reset in Channel.values:
        return _page(request, staff, kind, ReminderForm(initial=_with_default(request, kind, Channel(reset))), restored=reset)
    form = ReminderForm(request.POST)
    if not form.is_valid():
        return _page(request, staff, kind, form, status=422)
    wanted = {channel: form.setting(channel) for channel in Channel}
    changed = actions.save_automated(business=staff.business, kind=kind, settings=wanted, user=staff.user, now=clock.now())
    messages.success(request, "Saved." if changed else "Nothing to save: everything is as it was.")
    return redirect("messaging:edit", kind)


@require_POST
@staff_page("edit_messages")
def preview(request: HttpRequest, kind: str, staff: Staff) -> HttpResponse:
    """The messages as they would look with the words being edited. Writes nothing."""
    _stored(staff, kind)
    form = ReminderForm(request.POST)
    form.is_valid()
    return render(request, "messaging/_preview.html", {"preview": _preview(staff, form, kind), "business": staff.business})


@require_POST
@staff_page("edit_messages")
def test(request: HttpRequest, kind: str, staff: Staff) -> HttpResponse:
    """Send the words being edited to oneself; nothing is saved."""
    _stored(staff, kind)
    channel = request.POST.get("channel", "")
    if channel not in Channel.values:
        raise Http404("There is no such channel.")
    form = ReminderForm(request.POST)
    form.is_valid()
    if any(name.startswith(f"{channel}_") for name in form.errors):
        return _page(request, staff, kind, form, status=422)
    recipient = request.POST.get(f"test_{channel}", "")
    result = _send_test(staff, Channel(channel), form, recipient)
    return _page(request, staff, kind, form, status=200 if result["ok"] else 422, test=result)


def _send_test(staff: Staff, channel: Channel, form: ReminderForm, recipient: str) -> dict[str, Any]:
    told = {"channel": channel.value, "recipient": recipient, "ok": False}
    try:
        words = form.words(channel)
        sent = outbox.send_test(
            business=staff.business, channel=channel, words=words, recipient=recipient, user=staff.user, now=clock.now()
        )
    except outbox.TestRefused as refusal:
        return {**told, "text": str(refusal)}
    except BadTemplate as problem:
        return {**told, "text": " ".join(problem.problems)}
    if sent.state == State.SENT:
        return {**told, "ok": True, "text": f"Test {channel.label} sent to {recipient}."}
    if sent.state == State.UNKNOWN:
        return {**told, "text": "The provider did not answer in time. The test may still arrive."}
    return {**told, "text": NOT_SENT.get(sent.reason, f"The provider did not take it ({sent.reason or sent.state}).")}


def _stored(staff: Staff, kind: str) -> dict[Channel, queries.Automated]:
    if kind not in EDITABLE:
        raise Http404("There is no such message.")
    return queries.automated(business=staff.business, kind=kind)


def _with_default(request: HttpRequest, kind: str, channel: Channel) -> dict[str, Any]:
    """What is in the form now, with the default words of one channel; saved only by Save."""
    typed = {name: request.POST.get(name, "") for name in ReminderForm.base_fields}
    default = default_words(kind, channel)
    typed[f"{channel.value}_body"] = default.body
    if channel == Channel.EMAIL:
        typed["email_subject"] = default.subject
    return typed


def _page(request: HttpRequest, staff: Staff, kind: str, form: ReminderForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        **EDITABLE[kind],
        "kind": kind,
        "form": form,
        "business": staff.business,
        "variables": VARIABLE_CHIPS,
        "preview": _preview(staff, form, kind),
        "stored": queries.automated(business=staff.business, kind=kind),
        **more,
    }
    return render(request, "messaging/edit.html", context, status=status)


def _preview(staff: Staff, form: ReminderForm, kind: str) -> dict[str, Any]:
    """What both messages look like, or which words are in the way."""
    shown: dict[str, Any] = {"first_name": outbox.EXAMPLE_NAME, "problems": {}}
    for channel in Channel:
        words = Words(
            subject=str(form["email_subject"].value() or "") if channel == Channel.EMAIL else "",
            body=str(form[f"{channel.value}_body"].value() or "").replace("\r\n", "\n").strip(),
        )
        try:
            content = outbox.example(business=staff.business, channel=channel, words=words)
        except BadTemplate as problem:
            shown["problems"][channel.value] = problem.problems
            continue
        shown[channel.value] = content
    if "sms" in shown:
        shown["segments"] = segments(shown["sms"].text)
    if "email" in shown:
        words_alone = shown["email"].text.partition(MAIL_FOOTER)[0]
        shown["before_button"], _, shown["after_button"] = words_alone.partition(resume_url(outbox.EXAMPLE_TOKEN))
    return shown
