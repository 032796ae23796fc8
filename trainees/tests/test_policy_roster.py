"""R16, P6, P11, R13, R14 on plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common.dates import CutOff
from trainees.policy import Known, Listed, RosterFacts, check_list, close_roster, take_names

CUT_OFF = CutOff(date(2018, 2, 19), "America/Chicago")
BEGINS = datetime(2018, 3, 12, 14, tzinfo=UTC)
TICK = timedelta(microseconds=1)
OPEN = RosterFacts(seats=9, reserved=9, names=0, cut_off=CUT_OFF, begins_at=BEGINS, minimum=6, cancelled=False, closed=False)
BEFORE, AFTER = CUT_OFF.ends_at - TICK, CUT_OFF.ends_at


@pytest.mark.parametrize(
    ("facts", "now", "answer", "sentence"),
    [
        (OPEN, BEFORE, "allowed", "Names are taken until Mon 19 Feb 2018, end of that day."),
        (OPEN, AFTER, "refused", "Names were due by Mon 19 Feb 2018, end of that day; a change now is decided by staff."),
        (
            replace(OPEN, closed=True),
            BEFORE,
            "refused",
            "Names were due by Mon 19 Feb 2018, end of that day; a change now is decided by staff.",
        ),
        (replace(OPEN, cancelled=True), BEFORE, "refused", "This booking was cancelled: it takes no names."),
        (OPEN, BEGINS, "refused", "The training has begun: the roll call counts now."),
    ],
)
def test_names_are_taken_to_the_end_of_the_rosters_last_day(facts: RosterFacts, now: datetime, answer: str, sentence: str) -> None:
    verdict = take_names(facts, now=now)
    assert (verdict.answer, verdict.rule, verdict.sentence) == (answer, "R16", sentence)


@pytest.mark.parametrize(
    ("changes", "now", "due", "unnamed", "cancels", "staff", "sentence"),
    [
        ({"names": 9}, BEFORE, False, 0, False, False, "The roster closes on Mon 19 Feb 2018."),
        ({"names": 9}, AFTER, True, 0, False, False, "The roster closed on Mon 19 Feb 2018: each seat has a name."),
        ({"names": 8}, AFTER, True, 1, False, False, "The roster closed on Mon 19 Feb 2018: 1 seat without a name is forfeited."),
        ({"names": 5}, AFTER, True, 4, False, True, "The roster closed on Mon 19 Feb 2018: 4 seats without a name are forfeited."),
        (
            {"names": 0},
            AFTER,
            True,
            9,
            True,
            False,
            "The roster closed on Mon 19 Feb 2018 without a name: the booking ends, and its 9 seats are forfeited.",
        ),
        (
            {"names": 0, "pending": True},
            AFTER,
            False,
            9,
            True,
            False,
            "The roster was due to close on Mon 19 Feb 2018; it waits for staff to answer your request.",
        ),
        (
            {"names": 5, "pending": True},
            BEGINS,
            True,
            4,
            False,
            True,
            "The roster closed on Mon 19 Feb 2018: 4 seats without a name are forfeited.",
        ),
        ({"names": 5, "closed": True}, AFTER, False, 4, False, True, "The roster is closed."),
        ({"names": 0, "cancelled": True}, AFTER, False, 9, True, False, "The roster is closed."),
        ({"names": 6}, AFTER, True, 3, False, False, "The roster closed on Mon 19 Feb 2018: 3 seats without a name are forfeited."),
        (
            {"names": 0, "reserved": 6},
            AFTER,
            True,
            6,
            True,
            False,
            "The roster closed on Mon 19 Feb 2018 without a name: the booking ends, and its 6 seats are forfeited.",
        ),
        (
            {"names": 5, "reserved": 5},
            AFTER,
            True,
            4,
            False,
            True,
            "The roster closed on Mon 19 Feb 2018: 4 seats without a name are forfeited.",
        ),
    ],
)
def test_a_roster_closes(
    changes: dict[str, object], now: datetime, due: bool, unnamed: int, cancels: bool, staff: bool, sentence: str
) -> None:
    verdict = close_roster(replace(OPEN, **changes), now=now)
    assert verdict.facts == {"due": due, "unnamed": unnamed, "cancels": cancels, "for_staff": staff}
    assert verdict.sentence == sentence


def listed(line: int, location: str = "", *, remote: bool = False, here: bool = False, overlaps: str = "") -> Listed:
    return Listed(line=line, location=location, remote=remote, known=Known(here=here, overlaps=overlaps))


def test_a_list_says_each_thing_at_its_row() -> None:
    people = [
        listed(1),
        listed(2, "science library"),
        listed(3, "Annex"),
        listed(4, remote=True),
        listed(5, here=True),
        listed(6, overlaps="12–13 Mar 2018"),
        listed(7),
    ]
    found = check_list(replace(OPEN, seats=6), people, site="Science Library")
    assert [(finding.line, finding.field, finding.code, finding.blocks) for finding in found] == [
        (3, "location", "other-location", False),
        (4, "location", "remote", False),
        (5, "email", "here-already", True),
        (6, "email", "overlaps", True),
        (7, "", "more-than-seats", True),
    ]


def test_names_that_stay_count_as_well() -> None:
    assert [finding.line for finding in check_list(replace(OPEN, seats=6), [listed(1), listed(2)], site="A", others=5)] == [2]
