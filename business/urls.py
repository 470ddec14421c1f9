from django.urls import path

from business import views

app_name = "business"

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("switch/", views.switch_business, name="switch"),
]
