"""Routes of rosters and places."""

from django.urls import path

from trainees import views

app_name = "trainees"
urlpatterns = [
    path("bookings/<int:booking_id>/people/", views.people, name="people"),
    path("bookings/<int:booking_id>/people.<str:kind>", views.download, name="download"),
    path("bookings/<int:booking_id>/sign-in/", views.sign_in, name="sign_in"),
    path("trainings/<slug:code>/attendance/", views.attendance, name="attendance"),
    path("trainings/<slug:code>/attendance/mark/", views.mark, name="mark"),
    path("trainings/<slug:code>/attendance/<int:booking_id>/confirm/", views.confirm, name="confirm"),
    path("trainings/<slug:code>/evidence/", views.evidence, name="evidence"),
    path("places/<int:place_id>/", views.place, name="place"),
    path("places/<int:place_id>/application/", views.application, name="application"),
    path("places/<int:place_id>/alone/", views.alone, name="alone"),
    path("places/<int:place_id>/training.ics", views.place_ics, name="ics"),
]
