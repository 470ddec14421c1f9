from django.urls import URLPattern

app_name = "scheduler"

urlpatterns: list[URLPattern] = []
