"""The pages that span apps."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class PagesConfig(AppConfig):
    name = "carpentries_portal.pages"
    label = "pages"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from carpentries_portal.pages.enforcement import YearReport
        from carpentries_portal.pages.roles import offer_roles

        RULES.add("L15", YearReport())
        # the last of our apps that has tables: an app without any is sent no signal
        post_migrate.connect(offer_roles, sender=apps.get_app_config("certification"), dispatch_uid="pages.roles")
