"""Mounts the apps; the dashboard is ""."""

from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("", include("dashboard.urls")),
    path("", include("business.urls")),
    path("scheduler/", include("scheduler.urls")),
    path("", include("followups.urls")),
    path("", include("messaging.urls")),
    path("", include("booking.urls")),
    path("admin/", admin.site.urls),
    path("livez", views.livez),
    path("readyz", views.readyz),
]
