"""The app trainees."""

from django.apps import AppConfig


class TraineesConfig(AppConfig):
    name = "trainees"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from trainees import audit, desk, emails, explain, merging, own_data, receivers, reminders, why  # noqa: F401  # emails and receivers register themselves
        from trainees.enforcement import ApplicationsMissing, AttendanceWanted, CloseRoster, ForgetReports, OneWeek, RosterWanted

        RULES.add("P6", CloseRoster())
        RULES.add("L3", RosterWanted())
        RULES.add("L5", ApplicationsMissing())
        RULES.add("L8", OneWeek())
        RULES.add("L9", AttendanceWanted())
        RULES.add("P9", ForgetReports())
        audit.register()
        own_data.register()
        merging.register()
        desk.register()
        explain.register()
        why.register()
