"""R25-R28 on values: due dates, how a checkout stands, what hand-in and review answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpentries_portal.common.dates import CutOff, known_zones
from carpentries_portal.common.edition_json import builtin_2017
from certification import policy
from certification.policy import CheckoutFacts, Work
from certification.policy.certificates import CertificateFacts, may_issue
from certification.states import CheckoutState, Standing, SubmissionState

EDITION = builtin_2017()
LAST = date(2018, 1, 31)
DUE = date(2018, 5, 1)
A, B, C = (exercise.code for exercise in EDITION.exercises)
TICK = timedelta(microseconds=1)
FACTS = CheckoutFacts(
    state=CheckoutState.UNDER_WAY,
    exercises=EDITION.exercises,
    first_day=date(2018, 1, 30),
    due_on=DUE,
    zone="America/Chicago",
    late_hand_in_days=14,
)


def at(on: date, hour: int = 18) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def work(
    code: str,
    state: SubmissionState,
    done: date = date(2018, 4, 1),
    *,
    ended: datetime | None = None,
    confirmed: date | None = None,
) -> Work:
    if state not in {SubmissionState.SUBMITTED, SubmissionState.WITHDRAWN}:
        confirmed, ended = confirmed or done, ended or at(done + timedelta(days=1))
    return Work(code, state, done, confirmed, submitted_at=at(done), ended_at=ended)


PASSED, WAITS, REPEAT = SubmissionState.PASSED, SubmissionState.SUBMITTED, SubmissionState.REPEAT


def facts(*works: Work, **more: object) -> CheckoutFacts:
    return replace(FACTS, works=works, **more)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (LAST, DUE),
        (date(2019, 12, 1), date(2020, 2, 29)),  # through a leap day
        (date(2018, 12, 31), date(2019, 3, 31)),
        (date(2018, 3, 10), date(2018, 6, 8)),  # through a clock change: days are counted, not hours
    ],
)
def test_the_due_date_is_the_last_day_and_ninety_whole_days(last: date, due: date) -> None:
    assert policy.first_due(last, EDITION) == due


@pytest.mark.parametrize(
    ("zone", "last_minute_utc"),
    [
        ("Pacific/Honolulu", datetime(2018, 5, 2, 9, 59, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2018, 5, 1, 11, 59, tzinfo=UTC)),
        ("America/Chicago", datetime(2018, 5, 2, 4, 59, tzinfo=UTC)),
    ],
)
def test_the_last_minute_of_day_ninety_is_in_time_and_the_next_is_not(zone: str, last_minute_utc: datetime) -> None:
    row = facts(zone=zone)
    after = last_minute_utc + timedelta(minutes=1)
    assert (policy.standing(row, now=last_minute_utc), policy.standing(row, now=after - TICK)) == (Standing.OPEN, Standing.OPEN)
    assert policy.standing(row, now=after) == Standing.EXPIRED
    assert policy.hand_in(row, exercise=A, done_on=DUE, now=last_minute_utc).rule == "R26"
    late = policy.hand_in(row, exercise=A, done_on=DUE, now=after)
    assert (late.allowed, late.rule) == (True, "R27")


@given(zone=st.sampled_from(sorted(known_zones())), last=st.dates(date(2013, 1, 1), date(2037, 1, 1)))
def test_in_each_zone_the_whole_due_day_counts(zone: str, last: date) -> None:
    due = policy.first_due(last, EDITION)
    row = facts(zone=zone, due_on=due, first_day=last)
    end = CutOff(on=due, zone=zone).ends_at
    assert policy.standing(row, now=end - TICK) == Standing.OPEN
    assert policy.standing(row, now=end) == Standing.EXPIRED
    assert (due - last).days == 90


ALL_PASSED = tuple(work(code, PASSED) for code in (A, B, C))


@pytest.mark.parametrize(
    ("row", "before", "after"),
    [
        (facts(), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED), Standing.COMPLETE, Standing.COMPLETE),
        (facts(*ALL_PASSED[:2]), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED[:2], work(C, WAITS)), Standing.IN_REVIEW, Standing.IN_REVIEW),
        (facts(*ALL_PASSED[:2], work(C, REPEAT)), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED[:2], work(C, REPEAT), work(C, WAITS)), Standing.IN_REVIEW, Standing.IN_REVIEW),
        (facts(*ALL_PASSED[:2], work(C, SubmissionState.WITHDRAWN)), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED[:2], work(C, PASSED, confirmed=DUE)), Standing.COMPLETE, Standing.COMPLETE),
        (facts(*ALL_PASSED[:2], work(C, PASSED, confirmed=DUE + timedelta(days=1))), Standing.OPEN, Standing.EXPIRED),
        (facts(work(A, WAITS), work(B, WAITS)), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED[:2], work(C, WAITS, DUE)), Standing.IN_REVIEW, Standing.IN_REVIEW),
        (facts(*ALL_PASSED[:2], work(C, WAITS, DUE + timedelta(days=1))), Standing.OPEN, Standing.EXPIRED),
        (facts(*ALL_PASSED, state=CheckoutState.CERTIFIED), Standing.CERTIFIED, Standing.CERTIFIED),
        (facts(state=CheckoutState.FAILED), Standing.FAILED, Standing.FAILED),
        (facts(state=CheckoutState.CLOSED), Standing.CLOSED, Standing.CLOSED),
        (facts(state=CheckoutState.WITHDRAWN), Standing.WITHDRAWN, Standing.WITHDRAWN),
    ],
)
def test_how_it_stands_before_and_after_the_due_date(row: CheckoutFacts, before: Standing, after: Standing) -> None:
    end = FACTS.due.ends_at
    assert (policy.standing(row, now=end - TICK), policy.standing(row, now=end)) == (before, after)
    verdict = policy.finish_in_time(row, now=end)
    assert (verdict.rule, verdict.facts["standing"], verdict.facts["due"]) == ("R27", after, after == Standing.EXPIRED)


DAY_92 = at(DUE + timedelta(days=2))


@pytest.mark.parametrize(
    ("works", "on"),
    [
        ((), DUE),
        # everything was handed in in time; the review on day 92 asks to repeat one
        ((*ALL_PASSED[:2], work(C, REPEAT, ended=DAY_92)), DUE + timedelta(days=2)),
        # so does a pass whose confirmed day is after the date, and taking it back
        ((*ALL_PASSED[:2], work(C, PASSED, ended=DAY_92, confirmed=date(2018, 5, 2))), DUE + timedelta(days=2)),
        ((*ALL_PASSED[:2], work(C, SubmissionState.WITHDRAWN, ended=DAY_92)), DUE + timedelta(days=2)),
        # one was missing anyway: the review of another moves nothing
        ((ALL_PASSED[0], work(C, REPEAT, ended=DAY_92)), DUE),
        # two reviews after the date: the first one left something open
        (
            (ALL_PASSED[0], work(B, REPEAT, ended=DAY_92), work(C, REPEAT, ended=DAY_92 + timedelta(days=3))),
            DUE + timedelta(days=2),
        ),
        # the review came in the first instant after the date
        ((*ALL_PASSED[:2], work(C, REPEAT, ended=FACTS.due.ends_at)), DUE + timedelta(days=1)),
        # when one was reviewed, another was not in yet: it came at that very instant
        (
            (ALL_PASSED[0], work(B, REPEAT, ended=DAY_92), replace(work(C, WAITS), submitted_at=DAY_92)),
            DUE,
        ),
        # reviewed in time
        ((*ALL_PASSED[:2], work(C, REPEAT, ended=at(DUE))), DUE),
    ],
)
def test_it_expires_on_the_due_day_or_on_the_day_of_the_review_that_left_something_open(works: tuple[Work, ...], on: date) -> None:
    assert policy.expired_on(facts(*works)) == on


GRACE = DUE + timedelta(days=14)


@pytest.mark.parametrize(
    ("done_on", "now", "as_staff", "answer"),
    [
        (date(2018, 4, 30), at(DUE + timedelta(days=5)), False, ("R27", True)),  # done on day 89, recorded on day 95
        (DUE, CutOff(GRACE, "America/Chicago").ends_at - TICK, False, ("R27", True)),
        (DUE, CutOff(GRACE, "America/Chicago").ends_at, False, ("R27", False)),
        (DUE, CutOff(GRACE, "America/Chicago").ends_at, True, ("R27", True)),
        (DUE + timedelta(days=1), at(DUE + timedelta(days=2)), False, ("R25", False)),
        (DUE + timedelta(days=1), at(DUE + timedelta(days=2)), True, ("R25", False)),
        (date(2018, 1, 29), at(DUE), False, ("R26", False)),  # before the training
        (date(2018, 1, 30), at(DUE), False, ("R26", True)),
        (date(2018, 4, 2), at(date(2018, 4, 1)), False, ("R26", False)),  # still to come
        (date(2018, 4, 1), datetime(2018, 4, 1, 4, 59, tzinfo=UTC), False, ("R26", False)),  # in Chicago it is still March
        (date(2018, 4, 1), datetime(2018, 4, 1, 5, 0, tzinfo=UTC), False, ("R26", True)),
    ],
)
def test_the_day_it_was_done_decides_what_is_taken(done_on: date, now: datetime, as_staff: bool, answer: tuple[str, bool]) -> None:
    verdict = policy.hand_in(facts(), exercise=A, done_on=done_on, now=now, as_staff=as_staff)
    assert (verdict.rule, verdict.allowed) == answer


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        (facts(work(A, WAITS)), A, "Take that back first"),
        (facts(work(A, PASSED)), A, "passed already"),
        (facts(work(A, PASSED, confirmed=DUE + timedelta(days=1))), A, "counts once you have more time"),
        (facts(), "dancing", "no such exercise"),
        (facts(state=CheckoutState.CERTIFIED), A, "certificate was issued"),
        (facts(state=CheckoutState.FAILED, ended_why="copied."), A, "copied. Only staff can reopen"),
        (facts(state=CheckoutState.CLOSED, ended_why="asked to stop"), A, "asked to stop"),
    ],
)
def test_what_cannot_be_handed_in_says_why(row: CheckoutFacts, code: str, says: str) -> None:
    verdict = policy.hand_in(row, exercise=code, done_on=date(2018, 4, 2), now=at(date(2018, 4, 3)))
    assert verdict.refused
    assert says in verdict.sentence


def test_the_grace_follows_the_date_in_force() -> None:
    extended = facts(due_on=date(2018, 6, 1))
    assert policy.hand_in(extended, exercise=A, done_on=date(2018, 6, 1), now=at(date(2018, 6, 15))).allowed
    assert policy.hand_in(extended, exercise=A, done_on=date(2018, 6, 1), now=at(date(2018, 6, 16))).refused


@pytest.mark.parametrize(
    ("result", "confirmed", "now", "answer"),
    [
        (PASSED, DUE, at(DUE), "allowed"),
        (PASSED, DUE + timedelta(days=1), DAY_92, "warned"),
        (REPEAT, DUE, at(DUE), "allowed"),
        (REPEAT, DUE, DAY_92, "warned"),
        (SubmissionState.FAILED, DUE, at(DUE), "warned"),
        (PASSED, DUE + timedelta(days=1), at(DUE), "refused"),
        (PASSED, date(2018, 1, 1), at(DUE), "refused"),
    ],
)
def test_a_review_says_what_follows_from_it(result: SubmissionState, confirmed: date, now: datetime, answer: str) -> None:
    row = facts(work(A, WAITS))
    assert policy.review(row, row.works[0], result=result, confirmed_on=confirmed, now=now).answer == answer


@pytest.mark.parametrize(
    ("state", "says"),
    [(CheckoutState.FAILED, "copied. Only staff can reopen"), (CheckoutState.WITHDRAWN, "attendance of the training")],
)
def test_nothing_is_reviewed_once_the_checkout_has_ended(state: CheckoutState, says: str) -> None:
    row = facts(work(A, WAITS), state=state, ended_why="copied.")
    verdict = policy.review(row, row.works[0], result=PASSED, confirmed_on=DUE, now=at(DUE))
    assert (verdict.refused, says in verdict.sentence) == (True, True)


@pytest.mark.parametrize("state", [PASSED, REPEAT, SubmissionState.WITHDRAWN])
def test_what_was_reviewed_or_taken_back_is_neither_reviewed_nor_taken_back_again(state: SubmissionState) -> None:
    row = facts(work(A, state))
    assert policy.review(row, row.works[0], result=PASSED, confirmed_on=DUE, now=DAY_92).refused
    assert policy.take_back(row.works[0]).refused
    assert policy.take_back(work(A, WAITS)).allowed


@pytest.mark.parametrize(("days", "offered"), [(0, 0), (7, 0), (8, 8), (21, 21)])
def test_confirmed_more_than_seven_days_late_offers_as_many_days(days: int, offered: int) -> None:
    confirmed = at(LAST + timedelta(days=days))
    assert policy.late_days(LAST, "America/Chicago", confirmed, EDITION) == offered
    assert policy.late_days(LAST, "America/Chicago", None, EDITION) == 0


def test_more_time_is_asked_for_while_something_is_open_and_names_a_later_day() -> None:
    expired = at(date(2018, 6, 20))
    assert policy.ask_for_time(facts(), now=expired).allowed
    assert policy.ask_for_time(facts(*ALL_PASSED), now=expired).refused
    assert policy.ask_for_time(facts(state=CheckoutState.FAILED), now=expired).refused
    assert [policy.extend(facts(), to=to, now=expired).allowed for to in (DUE, DUE + timedelta(days=1))] == [False, True]
    assert policy.extend(facts(state=CheckoutState.CLOSED), to=date(2018, 9, 1), now=expired).refused


def test_who_passed_draws_a_checkout_but_not_who_holds_a_certificate() -> None:
    answers = {
        (p, c): policy.may_open(passed=p, certified=c, forgotten=False).allowed for p in (True, False) for c in (True, False)
    }
    assert answers == {(True, False): True, (True, True): False, (False, False): False, (False, True): False}
    assert policy.may_open(passed=True, certified=False, forgotten=True).sentence == policy.checkouts.FORGOTTEN


def test_closing_and_reopening_are_opposites() -> None:
    for state in CheckoutState:
        row = facts(state=state)
        assert policy.close(row).allowed == (state == CheckoutState.UNDER_WAY)
        assert policy.reopen(row, passed=True, forgotten=False).allowed == (state in {CheckoutState.FAILED, CheckoutState.CLOSED})
        assert "correct the attendance first" in policy.reopen(row, passed=False, forgotten=False).sentence
        assert policy.reopen(row, passed=True, forgotten=True).sentence == policy.checkouts.FORGOTTEN


READY = CertificateFacts(standing=Standing.COMPLETE, attended=True, applied=True, name="Ana Silva", holds_one=False)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"standing": Standing.CERTIFIED}, "The certificate was issued already."),
        ({"standing": Standing.IN_REVIEW}, "The certificate follows once all exercises are passed in time."),
        ({"attended": False}, "The training does not count as attended: there is no certificate."),
        ({"holds_one": True}, "Holds a valid certificate already: nobody holds two."),
        ({"forgotten": True}, "This person was forgotten: there is nobody to certify."),
        ({"applied": False}, "The exercises are passed; the certificate waits for the application."),
        ({"name": ""}, "A certificate needs a name."),
    ],
)
def test_a_certificate_waits_for_whatever_is_missing(changes: dict[str, Any], sentence: str) -> None:
    assert may_issue(READY).allowed
    verdict = may_issue(replace(READY, **changes))
    assert (verdict.refused, verdict.rule, verdict.sentence) == (True, "R29", sentence)


@pytest.mark.parametrize(
    ("zone", "text"),
    [("UTC", "Tue 1 May 2018, end of day UTC"), ("America/Chicago", "Tue 1 May 2018, end of day Chicago time")],
)
def test_a_date_is_named_with_its_zone(zone: str, text: str) -> None:
    assert policy.here(CutOff(on=DUE, zone=zone)) == text


def test_each_exercise_of_the_edition_says_what_counts() -> None:
    assert [policy.what_counts(code) == policy.what_counts("another") for code in (A, B, C)] == [False] * 3
