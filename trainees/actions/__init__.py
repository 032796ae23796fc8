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
from trainees.actions.moving import move_places
from trainees.actions.reminding import UnableToRemind, remind_applications
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
    "Named",
    "UnableToApply",
    "UnableToChangeRoster",
    "UnableToConfirm",
    "UnableToMark",
    "UnableToRemind",
    "accept_roster",
    "confirm_attendance",
    "correct_attendance",
    "end_places",
    "excuse",
    "findings_for",
    "mark",
    "mark_team",
    "move_places",
    "remind_applications",
    "save_application",
    "send_invitations",
    "undo_roster",
]
