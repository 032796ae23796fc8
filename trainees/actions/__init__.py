"""Every change of rosters, places and applications."""

from trainees.actions.applications import UnableToApply, save_application
from trainees.actions.attendance import (
    UnableToConfirm,
    UnableToMark,
    confirm_attendance,
    correct_attendance,
    excuse,
    mark,
    mark_team,
)
from trainees.actions.evidence import (
    Decision,
    UnableToMatch,
    UnableToTakeOver,
    confirm_certain,
    decide_connections,
    forget_report,
    remove_report,
    take_over,
)
from trainees.actions.evidence_import import UnableToImportReport, import_report
from trainees.actions.rosters import (
    Named,
    UnableToChangeRoster,
    accept_roster,
    end_places,
    findings_for,
    send_invitations,
    undo_roster,
)

__all__ = [
    "Decision",
    "Named",
    "UnableToApply",
    "UnableToChangeRoster",
    "UnableToConfirm",
    "UnableToImportReport",
    "UnableToMark",
    "UnableToMatch",
    "UnableToTakeOver",
    "accept_roster",
    "confirm_attendance",
    "confirm_certain",
    "correct_attendance",
    "decide_connections",
    "end_places",
    "excuse",
    "findings_for",
    "forget_report",
    "import_report",
    "mark",
    "mark_team",
    "remove_report",
    "save_application",
    "send_invitations",
    "take_over",
    "undo_roster",
]
