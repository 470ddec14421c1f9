"""What a client gets from a business: a signed link in every e-mail, no sign-in (promises 54). GET shows, POST acts."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from business import actions as business_actions
from business.access import ip_of
from business.models import Channel, Client
from core import clock
from messaging import outbox
from messaging.forms import PreferencesForm
from messaging.render import read_preferences_token

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """The page; or, for a mail program's one-click POST (RFC 8058, which cannot carry a CSRF token), no more e-mails."""
    now = clock.now()
    client = _client(token)
    if client is None:
        return _private(render(request, "messaging/preferences_wrong.html", status=404))
    if request.method == "POST" and request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        outbox.unsubscribe_by_mail_client(client=client, now=now)
        return _private(HttpResponse("You will get no more e-mails from this business.", content_type="text/plain; charset=utf-8"))
    return _private(_page(request, client, now=now))


@csrf_protect
def _page(request: HttpRequest, client: Client, *, now: datetime) -> HttpResponse:
    saved = request.method == "POST"
    if saved:
        form = PreferencesForm(request.POST)
        form.is_valid()
        outbox.choose_by_link(
            client=client,
            wanted={Channel.SMS: form.cleaned_data["wants_sms"], Channel.EMAIL: form.cleaned_data["wants_email"]},
            now=now,
            ip_digest=business_actions.network_digest(ip_of(request)),
        )
    wants = {
        channel.value: client.wants(channel) and not business_actions.has_stopped(client=client, channel=channel) for channel in Channel
    }
    # No `client`: this link is no sign-in, so the page names nobody.
    context = {"business": client.business, "client": None, "wants": wants, "saved": saved}
    return render(request, "messaging/preferences.html", {**context, "has_phone": bool(client.phone), "has_email": bool(client.email)})


def _client(token: str) -> Client | None:
    client_id = read_preferences_token(token)
    return Client.objects.select_related("business").filter(pk=client_id).first() if client_id is not None else None


def _private(response: HttpResponse) -> HttpResponse:
    # The link stays here. Not "no-referrer": browsers then send `Origin: null` with Save, and the CSRF check refuses it.
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response
