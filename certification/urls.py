"""Routes of checkouts and certificates."""

from django.urls import path

from certification import views

app_name = "certification"
urlpatterns = [
    path("checkouts/<int:place_id>/", views.checkout, name="checkout"),
    path("certificates/<int:certificate_id>/certificate.pdf", views.download, name="certificate"),
    path("verify/", views.verify_number, name="verify_number"),
    path("verify/<str:token>/", views.verify, name="verify"),
]
