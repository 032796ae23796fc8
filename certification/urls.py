"""Routes of checkouts and certificates."""

from django.urls import URLPattern

app_name = "certification"
urlpatterns: list[URLPattern] = []
