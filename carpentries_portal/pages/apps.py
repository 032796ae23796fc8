"""The pages that span apps."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "carpentries_portal.pages"
    label = "pages"
