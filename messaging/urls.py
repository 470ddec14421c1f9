from django.urls import path

from messaging import webhooks
from messaging.views import automated, demo, notices, preferences

app_name = "messaging"

urlpatterns = [
    path("settings/messages/", automated.settings_page, name="settings"),
    path("settings/messages/<slug:kind>/", automated.edit, name="edit"),
    path("settings/messages/<slug:kind>/preview/", automated.preview, name="preview"),
    path("settings/messages/<slug:kind>/test/", automated.test, name="test"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="bell"),
    path("notices/read/", notices.read_all, name="read_all"),
    path("notices/<int:notice_id>/read/", notices.read, name="read"),
    path("m/<str:token>/", preferences.preferences, name="preferences"),
    path("webhooks/twilio/status/<uuid:message_id>/", webhooks.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
    path("webhooks/anymail/", webhooks.anymail, name="anymail"),
    path("demo/outbox/", demo.outbox, name="demo_outbox"),
    path("demo/outbox/<int:pk>/mail/", demo.mail, name="demo_mail"),
    path("demo/clock/", demo.move_clock, name="demo_clock"),
]
