"""Routes of the pages that span apps."""

from django.conf import settings
from django.urls import path

from carpentries_portal.pages import views, views_components, views_me, views_move, views_organization, views_report

app_name = "pages"
urlpatterns = [
    path("memberships/<int:membership_id>/", views.membership, name="membership"),
    path("organizations/<int:organization_id>/", views_organization.organization, name="organization"),
    path(
        "organizations/<int:organization_id>/coordinators/<int:coordinator_id>/remove/",
        views_organization.remove,
        name="remove_coordinator",
    ),
    path("memberships/<int:membership_id>/report/", views_report.report, name="report"),
    path("memberships/<int:membership_id>/report.csv", views_report.report_csv, name="report_csv"),
    path("memberships/<int:membership_id>/remind/", views_report.remind_all, name="remind_all"),
    path("bookings/<int:booking_id>/remind/", views_report.remind, name="remind"),
    path("bookings/<int:booking_id>/", views.booking, name="booking"),
    path("bookings/<int:booking_id>/move/", views_move.move, name="move"),
    path("zone/", views.zone, name="zone"),
    path("me/", views_me.me, name="me"),
    path("me/data.zip", views_me.my_data, name="my_data"),
]
if settings.DEBUG or settings.PORTAL_TEST:  # for developers
    urlpatterns += [path("components/", views_components.components, name="components")]
