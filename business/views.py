"""Doors of the staff: sign in, sign out, change to another business."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from business import access, signin
from business.forms import SignInForm
from business.models import Membership
from core import clock


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; a right password leads to where one wanted to go, on this site only."""
    if request.user.is_authenticated:
        return redirect(_wanted_page(request))
    form = SignInForm(request.POST or None)
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", "")), "demo_password": ""}
    if settings.DEMO:
        context["demo_password"] = settings.DEMO_PASSWORD
    if request.method != "POST":
        return render(request, "business/sign_in.html", context)
    if not form.is_valid():
        return render(request, "business/sign_in.html", context, status=422)
    try:
        user = signin.sign_in(**form.cleaned_data, ip=access.ip_of(request), now=clock.now())
    except signin.WrongPassword:
        form.add_error(None, "That username and password do not go together. Check both and try again.")
        return render(request, "business/sign_in.html", context, status=422)
    except signin.TooManyAttempts as refused:
        form.add_error(None, str(refused))
        response = render(request, "business/sign_in.html", context, status=429)
        response["Retry-After"] = str(refused.retry_in_seconds)
        return response
    login(request, user)
    return redirect(_wanted_page(request))


def _wanted_page(request: HttpRequest) -> str:
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session on the server."""
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_required
@require_POST
def switch_business(request: HttpRequest) -> HttpResponse:
    """Work in another of one's businesses from now on. 404 for a business one does not belong to, the same as for none."""
    chosen = request.POST.get("business", "")
    memberships = Membership.objects.filter(user=cast("User", request.user)).select_related("business")
    membership = next((one for one in memberships if str(one.business_id) == chosen), None)
    if membership is None:
        raise Http404("There is no such business.")
    request.session[access.BUSINESS_KEY] = membership.business_id
    messages.success(request, f"You are now in {membership.business.name}.")
    return redirect(settings.LOGIN_REDIRECT_URL)
