"""Routes of trainings and bookings."""

from django.urls import path

from trainings import views

app_name = "trainings"
urlpatterns = [
    path("trainings/", views.index, name="list"),
    path("trainings/calendar.ics", views.feed, name="feed"),
    path("trainings/subscribe/", views.subscribe, name="subscribe"),
    path("calendar/<str:token>.ics", views.own_feed, name="own_feed"),
    path("memberships/<int:membership_id>/demand/", views.demand, name="demand"),
    path("trainings/<slug:code>/", views.detail, name="detail"),
    path("trainings/<slug:code>/calendar.ics", views.ics, name="ics"),
    path("trainings/<slug:code>/book/", views.book, name="book"),
    path("trainings/<slug:code>/ask/<str:rule>/", views.ask, name="ask"),
    path("bookings/<int:booking_id>/change/", views.change_booking, name="change_booking"),
    path("bookings/<int:booking_id>/room/", views.room, name="room"),
    path("bookings/<int:booking_id>/cancel/", views.cancel_booking, name="cancel_booking"),
]
