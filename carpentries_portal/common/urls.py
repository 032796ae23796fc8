"""Routes of the floor: personal links."""

from django.urls import path

from carpentries_portal.common import views

app_name = "common"
urlpatterns = [
    path("enter/<str:token>/", views.enter, name="enter"),
    path("healthz", views.healthz, name="healthz"),
]
