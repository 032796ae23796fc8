"""Every change of rosters, places and applications."""

from trainees.actions.applications import UnableToApply, save_application
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
    "accept_roster",
    "end_places",
    "findings_for",
    "save_application",
    "send_invitations",
    "undo_roster",
]
