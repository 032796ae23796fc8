"""Routes of checkouts and certificates."""

from django.urls import path

from certification import views

app_name = "certification"
urlpatterns = [
    path("checkouts/<int:place_id>/", views.checkout, name="checkout"),
]
