"""Every change of rosters, places and applications."""

from trainees.actions.applications import UnableToApply, save_application
from trainees.actions.attendance import UnableToConfirm, confirm_attendance, correct_attendance, excuse
from trainees.actions.places import Named, standing
from trainees.actions.remote import ask_remote, tell_remote
from trainees.actions.requests import accept_changes, ask_changes, carry_out, take_back
from trainees.actions.roll_call import Kept, UnableToMark, UnableToOvertake, mark, mark_team
from trainees.actions.rosters import (
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
    "accept_changes",
    "accept_roster",
    "ask_changes",
    "ask_remote",
    "carry_out",
    "confirm_attendance",
    "correct_attendance",
    "end_places",
    "excuse",
    "findings_for",
    "mark",
    "mark_team",
    "save_application",
    "send_invitations",
    "standing",
    "take_back",
    "tell_remote",
    "undo_roster",
]
