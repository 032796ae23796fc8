"""What the handbook says about rosters, attendance and applications. Pure: values in, verdicts out."""

from trainees.policy.application import REQUIRED, may_change, missing
from trainees.policy.roster import (
    INVITE_AFTER,
    Finding,
    Known,
    Listed,
    RosterFacts,
    check_list,
    close_roster,
    take_names,
)

__all__ = [
    "INVITE_AFTER",
    "REQUIRED",
    "Finding",
    "Known",
    "Listed",
    "RosterFacts",
    "check_list",
    "close_roster",
    "may_change",
    "missing",
    "take_names",
]
