"""The app trainings."""

from django.apps import AppConfig


class TrainingsConfig(AppConfig):
    name = "trainings"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from trainings import (  # noqa: F401  # letters and receivers register themselves
            audit,
            binding,
            demand_emails,
            desk,
            emails,
            explain,
            figures,
            merging,
            own_data,
            receivers,
            searching,
            why,
        )
        from trainings.enforcement import CancelEmpty, GiveLink, WarnAtRisk

        RULES.add("R7", CancelEmpty())
        RULES.add("L7", WarnAtRisk())
        RULES.add("L6", GiveLink())
        audit.register()
        binding.register()
        own_data.register()
        merging.register()
        explain.register()
        desk.register()
        figures.register()
        why.register()
        searching.register()
