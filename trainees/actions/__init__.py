"""Every change of rosters, places and applications."""

from trainees.actions.applications import UnableToApply, save_application
from trainees.actions.attendance import UnableToConfirm, confirm_attendance, correct_attendance, excuse
from trainees.actions.roll_call import Kept, UnableToMark, UnableToOvertake, mark, mark_team
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
    "Kept",
    "Named",
    "UnableToApply",
    "UnableToChangeRoster",
    "UnableToConfirm",
    "UnableToMark",
    "UnableToOvertake",
    "accept_roster",
    "confirm_attendance",
    "correct_attendance",
    "end_places",
    "excuse",
    "findings_for",
    "mark",
    "mark_team",
    "save_application",
    "send_invitations",
    "undo_roster",
]
