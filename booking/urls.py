"""Everything a client can reach: /b/<business>/…, the resume link /r/<token>/, and the JSON beside it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from booking.views import resume

app_name = "booking"


def view(module: str, name: str) -> Callable[..., HttpResponseBase]:
    """TODO(steps): import the modules directly once all of them exist."""

    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: HttpResponseBase = getattr(import_module(f"booking.{module}"), name)(request, *args, **kwargs)
        return found

    call.__name__ = name
    return call


urlpatterns = [
    path("b/<slug:slug>/", view("views.front", "start"), name="start"),
    path("b/<slug:slug>/theme.css", view("views.theme", "theme"), name="theme"),
    path("b/<slug:slug>/services/", view("views.steps", "services"), name="services"),
    path("b/<slug:slug>/team/", view("views.steps", "team"), name="team"),
    path("b/<slug:slug>/time/", view("views.steps", "time"), name="time"),
    path("b/<slug:slug>/sign-in/", view("views.signin", "phone"), name="phone"),
    path("b/<slug:slug>/code/", view("views.signin", "code"), name="code"),
    path("b/<slug:slug>/sign-out/", view("views.signin", "signout"), name="signout"),
    path("b/<slug:slug>/review/", view("views.review", "review"), name="review"),
    path("b/<slug:slug>/confirm/", view("views.confirm", "confirm"), name="confirm"),
    path("b/<slug:slug>/booked/<int:pk>/", view("views.confirm", "done"), name="done"),
    path("b/<slug:slug>/booked/<int:pk>/calendar.ics", view("views.confirm", "ics"), name="ics"),
    path("b/<slug:slug>/mine/", view("views.mine", "mine"), name="mine"),
    path("b/<slug:slug>/mine/<int:pk>/cancel/", view("views.mine", "cancel"), name="cancel"),
    path("b/<slug:slug>/waitlist/", view("views.waitlist", "waitlist"), name="waitlist"),
    path("r/<str:token>/", resume.resume, name="resume"),
    path("api/v1/b/<slug:slug>/slots", view("api", "slots"), name="api_slots"),
    path("api/v1/b/<slug:slug>/review-session", view("api", "review_session"), name="api_review_session"),
]
