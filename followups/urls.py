from django.urls import path

from followups import api
from followups.views import book, cards, panel, waitlist

app_name = "followups"

urlpatterns = [
    path("followups/", panel.panel, name="panel"),
    path("followups/badge/", panel.badge, name="badge"),
    path("followups/waitlist/add/", waitlist.add, name="waitlist-add"),
    path("followups/waitlist/<int:pk>/edit/", waitlist.edit, name="waitlist-edit"),
    path("followups/waitlist/<int:pk>/remove/", waitlist.remove, name="waitlist-remove"),
    path("followups/waitlist/<int:pk>/book/", waitlist.book, name="waitlist-book"),
    path("followups/<slug:draft_id>/remind/", cards.remind, name="remind"),
    path("followups/<slug:draft_id>/dismiss/", cards.dismiss, name="dismiss"),
    path("followups/<slug:draft_id>/book/", book.book, name="book"),
    path("api/v1/followups/", api.cards, name="api-cards"),
    path("api/v1/followups/count", api.count, name="api-count"),
    path("api/v1/followups/<slug:draft_id>/remind", api.remind, name="api-remind"),
    path("api/v1/followups/<slug:draft_id>/dismiss", api.dismiss, name="api-dismiss"),
]
