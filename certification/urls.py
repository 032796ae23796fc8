"""Routes of checkouts and certificates."""

from django.urls import path

from carpentries_portal.common.exporting import file_routes
from certification import views

app_name = "certification"
urlpatterns = [
    path("checkouts/<int:place_id>/", views.checkout, name="checkout"),
    path("checkouts/<int:place_id>/hand-in/<str:exercise>/", views.hand_in, name="hand_in"),
    path("checkouts/<int:place_id>/take-back/<int:submission_id>/", views.take_back, name="take_back"),
    path("checkouts/<int:place_id>/more-time/", views.more_time, name="more_time"),
    path("places/<int:place_id>/more-time/", views.more_time_for, name="more_time_for"),
    path("submissions/<int:submission_id>/file", views.submission_file, name="file"),
    path("review/", views.queue, name="queue"),
    *file_routes("review/list.{kind}", views.queue_file, name="queue"),
    path("review/session/", views.session, name="session"),
    path("review/<int:submission_id>/", views.review, name="review"),
    path("certificates/<int:certificate_id>/certificate.pdf", views.download, name="certificate"),
    path("verify/", views.verify_number, name="verify_number"),
    path("verify/<str:token>/", views.verify, name="verify"),
]
