"""P7 on plain values: what a list changes, and what that does to the seats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainees.policy import Standing, Wanted, changes_of, settle_seats
from trainees.tests.test_policy_roster import OPEN

ANA, BO, CY = (
    Standing(1, "ana@x.org", "Ana", "", False),
    Standing(2, "bo@x.org", "Bo", "", False),
    Standing(3, "cy@x.org", "Cy", "", False),
)


def wanted(name: str, email: str = "", location: str = "", *, remote: bool = False) -> Wanted:
    email = email or f"{name.lower()}@x.org"
    return Wanted(1, email.casefold(), name, email, location, remote)


@pytest.mark.parametrize(
    ("listed", "found", "summary"),
    [
        ([wanted("Ana"), wanted("Bo"), wanted("Cy")], [], "nothing changes"),
        (
            [wanted("Bo"), wanted("Cy"), wanted("Di")],
            [("comes", None, "Di"), ("leaves", 1, None)],
            "1 person comes, 1 person leaves",
        ),
        ([wanted("Ana")], [("leaves", 2, None), ("leaves", 3, None)], "2 people leave"),
        (
            [wanted("ANA"), wanted("Bo"), wanted("Cy", location="Annex")],
            [("changes", 1, "ANA"), ("changes", 3, "Cy")],
            "2 are corrected",
        ),
        ([wanted("Ana"), wanted("Bo", remote=True), wanted("Cy")], [("changes", 2, "Bo")], "1 is corrected"),
    ],
)
def test_what_a_list_changes(listed: list[Wanted], found: list[tuple[str, int | None, str | None]], summary: str) -> None:
    changes = changes_of([ANA, BO, CY], listed)
    each = [(one.kind.value, one.before and one.before.place, one.after and one.after.name) for one in changes.each]
    assert (each, changes.summary()) == (found, summary)


def test_the_same_name_with_another_address_is_the_same_person_unless_two_have_it() -> None:
    (one,) = changes_of([ANA, BO], [wanted("ana", "ana@y.org"), wanted("Bo")]).each
    assert (one.kind, one.readdressed, one.before, one.after and one.after.email) == ("changes", True, ANA, "ana@y.org")
    twins = [ANA, replace(ANA, place=4, key="ana2@x.org")]
    assert [one.kind for one in changes_of(twins, [wanted("Ana", "ana@y.org")]).each] == ["comes", "leaves", "leaves"]
    both = changes_of([ANA], [wanted("Ana", "a@y.org"), wanted("Ana", "b@y.org")])
    assert [one.kind for one in both.each] == ["comes", "comes", "leaves"]


def test_only_corrections_are_those_where_nobody_comes_leaves_or_gets_an_address() -> None:
    assert changes_of([ANA], [wanted("Ana", location="Annex")]).only_corrections
    assert not changes_of([ANA], [wanted("Ana", "ana@y.org")]).only_corrections
    assert not changes_of([ANA], [wanted("Ana", location="Annex"), wanted("Bo")]).only_corrections
    assert not changes_of([ANA], [wanted("Ana")]).only_corrections
    applied = replace(ANA, applied=True)
    assert len(changes_of([applied, BO], [wanted("Ana", "ana@y.org"), wanted("Bo", "bo@y.org")]).of_applied) == 1


CLOSED = replace(OPEN, reserved=7, closed=True)  # nine seats, two forfeited by P6


@pytest.mark.parametrize(
    ("after", "reopen", "forfeit", "sentence"),
    [
        (7, 0, 0, "No seat moves."),
        (9, 2, 0, "2 forfeited seats are used again."),
        (6, 0, 1, "1 seat is left without a name, and forfeited."),
        (5, 0, 2, "2 seats are left without a name, and forfeited. The team would have 5 people; at least 6 attend at once (R11)."),
    ],
)
def test_what_a_change_does_to_the_seats_of_a_closed_list(after: int, reopen: int, forfeit: int, sentence: str) -> None:
    verdict = settle_seats(CLOSED, after=after, forfeited=2)
    assert (verdict.answer, verdict.rule, verdict.sentence) == ("allowed", "P7", sentence)
    assert verdict.facts == {"reopen": reopen, "forfeit": forfeit}


def test_a_list_that_has_not_closed_yet_loses_no_seat_by_a_change() -> None:
    assert settle_seats(OPEN, after=6, forfeited=0).facts == {"reopen": 0, "forfeit": 0}


@pytest.mark.parametrize(
    ("after", "sentence"),
    [(10, "The booking has 9 seats: nobody can be added."), (0, "Nobody would be left on the list: cancel the booking instead.")],
)
def test_a_change_that_the_seats_do_not_allow(after: int, sentence: str) -> None:
    verdict = settle_seats(CLOSED, after=after, forfeited=2)
    assert (verdict.refused, verdict.sentence) == (True, sentence)
