"""Routes of the pages that span apps."""

from django.urls import path

from carpentries_portal.pages import views

app_name = "pages"
urlpatterns = [
    path("memberships/<int:membership_id>/", views.membership, name="membership"),
    path("bookings/<int:booking_id>/", views.booking, name="booking"),
    path("zone/", views.zone, name="zone"),
]
