"""The pages that span apps."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PagesConfig(AppConfig):
    name = "carpentries_portal.pages"
    label = "pages"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from carpentries_portal.pages.enforcement import YearReport
        from carpentries_portal.pages.roles import offer_roles

        RULES.add("L15", YearReport())
        post_migrate.connect(offer_roles, sender=self, dispatch_uid="pages.roles")
