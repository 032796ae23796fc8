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
from trainees.policy.beside import Beside, Flag, Seen, Source, beside, covered_days, marks_of
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
    "Beside",
    "DayMarks",
    "Finding",
    "Flag",
    "Ground",
    "Known",
    "Listed",
    "Missed",
    "RollCallProblem",
    "RosterFacts",
    "Seen",
    "Source",
    "attended",
    "beside",
    "check_list",
    "close_roster",
    "covered_days",
    "marks_of",
    "may_change",
    "missed",
    "missing",
    "presence_by_day",
    "presence_of",
    "take_names",
    "teaching",
]
