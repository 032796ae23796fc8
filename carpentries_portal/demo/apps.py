"""The demo's data and its loader."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "carpentries_portal.demo"
    label = "demo"
