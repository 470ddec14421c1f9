"""Everything a client can reach: /b/<business>/…, the resume link /r/<token>/, and the JSON beside it."""

from django.urls import path

from booking import api
from booking.views import confirm, front, mine, resume, review, signin, steps, theme, waitlist

app_name = "booking"

urlpatterns = [
    path("b/<slug:slug>/", front.start, name="start"),
    path("b/<slug:slug>/theme.css", theme.theme, name="theme"),
    path("b/<slug:slug>/services/", steps.services, name="services"),
    path("b/<slug:slug>/team/", steps.team, name="team"),
    path("b/<slug:slug>/time/", steps.time, name="time"),
    path("b/<slug:slug>/sign-in/", signin.phone, name="phone"),
    path("b/<slug:slug>/code/", signin.code, name="code"),
    path("b/<slug:slug>/sign-out/", signin.signout, name="signout"),
    path("b/<slug:slug>/review/", review.review, name="review"),
    path("b/<slug:slug>/confirm/", confirm.confirm, name="confirm"),
    path("b/<slug:slug>/booked/<int:pk>/", confirm.done, name="done"),
    path("b/<slug:slug>/booked/<int:pk>/calendar.ics", confirm.ics, name="ics"),
    path("b/<slug:slug>/mine/", mine.mine, name="mine"),
    path("b/<slug:slug>/mine/<int:pk>/cancel/", mine.cancel, name="cancel"),
    path("b/<slug:slug>/waitlist/", waitlist.waitlist, name="waitlist"),
    path("r/<str:token>/", resume.resume, name="resume"),
    path("api/v1/b/<slug:slug>/slots", api.slots, name="api_slots"),
    path("api/v1/b/<slug:slug>/review-session", api.review_session, name="api_review_session"),
]
