"""The app trainees."""

from django.apps import AppConfig


class TraineesConfig(AppConfig):
    name = "trainees"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from trainees import audit, desk, emails, explain, receivers  # noqa: F401  # emails and receivers register themselves
        from trainees.enforcement import AttendanceWanted, CloseRoster, RosterWanted

        RULES.add("P6", CloseRoster())
        RULES.add("L3", RosterWanted())
        RULES.add("L9", AttendanceWanted())
        audit.register()
        desk.register()
        explain.register()
