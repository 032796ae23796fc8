"""The app memberships."""

from django.apps import AppConfig


class MembershipsConfig(AppConfig):
    name = "memberships"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from memberships import audit, binding, emails, explain, own_data  # noqa: F401  # emails registers the letters
        from memberships.enforcement import YearEnd

        RULES.add("R12", YearEnd())
        audit.register()
        binding.register()
        own_data.register()
        explain.register()
