"""The app trainings."""

from django.apps import AppConfig


class TrainingsConfig(AppConfig):
    name = "trainings"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from trainings import audit, desk, emails, explain  # noqa: F401  # emails registers the letters
        from trainings.enforcement import CancelEmpty, WarnAtRisk

        RULES.add("R7", CancelEmpty())
        RULES.add("L7", WarnAtRisk())
        audit.register()
        explain.register()
        desk.register()
