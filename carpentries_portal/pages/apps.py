"""The pages that span apps."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "carpentries_portal.pages"
    label = "pages"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from carpentries_portal.pages.enforcement import YearReport

        RULES.add("L15", YearReport())
