"""The app memberships."""

from django.apps import AppConfig


class MembershipsConfig(AppConfig):
    name = "memberships"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from memberships import audit, binding, desk, emails, explain, figures, merging, name_admin, own_data, searching, why  # noqa: F401  # emails registers the letters
        from memberships.enforcement import YearEnd

        RULES.add("R12", YearEnd())
        audit.register()
        binding.register()
        own_data.register()
        merging.register()
        explain.register()
        desk.register()
        figures.register()
        why.register()
        searching.register()
