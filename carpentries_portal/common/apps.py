"""The floor as an app, and the admin site that Django's admin uses."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CommonConfig(AppConfig):
    name = "carpentries_portal.common"
    label = "common"
    verbose_name = "People and decisions"

    def ready(self) -> None:
        from carpentries_portal.common import desk, emails, merging_floor, own_data, why  # noqa: F401  # emails registers the letters

        desk.register()
        own_data.register()
        merging_floor.register()
        why.register()


class PortalAdminConfig(AdminConfig):
    default_site = "carpentries_portal.site.PortalAdminSite"
