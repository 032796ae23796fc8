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
from trainees.policy.changes import Change, Changes, Standing, Wanted, changes_of
from trainees.policy.marks import Stamp, made, made_upon, text_of, words_of
from trainees.policy.roster import (
    INVITE_AFTER,
    Finding,
    Known,
    Listed,
    RosterFacts,
    check_list,
    close_roster,
    new_address_of_applied,
    request_changes,
    settle_seats,
    take_names,
)
from trainees.policy.seated import Seat, takes_part_alone

__all__ = [
    "INVITE_AFTER",
    "REQUIRED",
    "Change",
    "Changes",
    "DayMarks",
    "Finding",
    "Ground",
    "Known",
    "Listed",
    "Missed",
    "RollCallProblem",
    "RosterFacts",
    "Seat",
    "Stamp",
    "Standing",
    "Wanted",
    "attended",
    "changes_of",
    "check_list",
    "close_roster",
    "made",
    "made_upon",
    "may_change",
    "missed",
    "missing",
    "new_address_of_applied",
    "presence_by_day",
    "presence_of",
    "request_changes",
    "settle_seats",
    "take_names",
    "takes_part_alone",
    "teaching",
    "text_of",
    "words_of",
]
