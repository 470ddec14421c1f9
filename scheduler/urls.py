from django.urls import path

from scheduler import views

app_name = "scheduler"

urlpatterns = [
    path("", views.day, name="day"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.edit, name="edit"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
]
