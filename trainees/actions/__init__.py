"""Every change of rosters, places and applications."""

from trainees.actions.applications import UnableToApply, save_application
from trainees.actions.attendance import UnableToConfirm, confirm_attendance, correct_attendance, excuse
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
from trainees.actions.moving import move_places
from trainees.actions.new_dates import follow_new_dates
from trainees.actions.places import Named, as_known, standing
from trainees.actions.reminding import UnableToRemind, remind_applications
from trainees.actions.remote import ask_remote, tell_remote
from trainees.actions.requests import accept_changes, ask_changes, carry_out, change_list, take_back
from trainees.actions.roll_call import Kept, UnableToMark, UnableToOvertake, mark, mark_team
from trainees.actions.rosters import (
    UnableToChangeRoster,
    accept_roster,
    end_places,
    findings_for,
    send_invitations,
)
from trainees.actions.undoing import undo_roster

__all__ = [
    "Decision",
    "Kept",
    "Named",
    "UnableToApply",
    "UnableToChangeRoster",
    "UnableToConfirm",
    "UnableToImportReport",
    "UnableToMark",
    "UnableToMatch",
    "UnableToOvertake",
    "UnableToRemind",
    "UnableToTakeOver",
    "accept_changes",
    "accept_roster",
    "as_known",
    "ask_changes",
    "ask_remote",
    "carry_out",
    "change_list",
    "confirm_attendance",
    "confirm_certain",
    "correct_attendance",
    "decide_connections",
    "end_places",
    "excuse",
    "findings_for",
    "follow_new_dates",
    "forget_report",
    "import_report",
    "mark",
    "mark_team",
    "move_places",
    "remind_applications",
    "remove_report",
    "save_application",
    "send_invitations",
    "standing",
    "take_back",
    "take_over",
    "tell_remote",
    "undo_roster",
]
