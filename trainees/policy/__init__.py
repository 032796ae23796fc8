"""What the handbook says about rosters, attendance and applications. Pure: values in, verdicts out."""

from trainees.policy.application import REQUIRED, may_change, missing
from trainees.policy.attendance import (
    DayMarks,
    Ground,
    Missed,
    RollCallProblem,
    attended,
    missed,
    presence_by_day,
    presence_of,
    teaching,
)
from trainees.policy.roster import (
    INVITE_AFTER,
    Finding,
    Known,
    Listed,
    RosterFacts,
    check_list,
    close_roster,
    may_move,
    take_names,
)

__all__ = [
    "INVITE_AFTER",
    "REQUIRED",
    "DayMarks",
    "Finding",
    "Ground",
    "Known",
    "Listed",
    "Missed",
    "RollCallProblem",
    "RosterFacts",
    "attended",
    "check_list",
    "close_roster",
    "may_change",
    "may_move",
    "missed",
    "missing",
    "presence_by_day",
    "presence_of",
    "take_names",
    "teaching",
]
