"""One view, one query."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from business.models import Business


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Business.objects.values_list("pk", flat=True).first()))


urlpatterns = [path("livez", empty), path("empty", empty)]
