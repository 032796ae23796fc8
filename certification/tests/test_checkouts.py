"""Checkouts from the roll call to their end: opened, handed in, reviewed, extended, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import composing
from certification import actions, queries
from certification.factories import Team, certify
from certification.models import Checkout, Submission
from certification.states import CheckoutState, Standing, SubmissionState
from memberships.factories import StaffFactory
from trainees.actions import correct_attendance
from trainees.policy import DayMarks

pytestmark = pytest.mark.django_db

DUE = date(2018, 5, 1)
FEB = datetime(2018, 2, 20, 12, tzinfo=UTC)
CODES = ("contribution", "discussion", "demonstration")


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def day(on: date, hour: int = 18) -> datetime:
    """An instant of a day in February to October in Chicago: at 18 UTC it is midday there."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def hand_in(checkout: Checkout, code: str, done_on: date, now: datetime, **more: object) -> Submission:
    by = checkout.place.person
    values = {"link": "https://example.org/work", **more}
    return actions.hand_in(checkout_id=checkout.pk, exercise=code, done_on=done_on, by=by, now=now, **values)


def review(submission: Submission, team: Team, result: SubmissionState, on: date, now: datetime, why: str = "clear") -> Submission:
    return actions.review_submission(
        submission_id=submission.pk, result=result, confirmed_on=on, feedback=why, by=team.trainer, now=now
    )


def stands(checkout: Checkout, now: datetime) -> Standing:
    return queries.standing_of(Checkout.objects.with_story().get(pk=checkout.pk), now=now)


def test_confirmed_attendance_opens_a_checkout_for_each_who_passed() -> None:
    team = Team()
    rows = list(Checkout.objects.order_by("pk"))
    assert [(row.place_id, row.state, row.first_due_on, row.due_on, row.opened_at) for row in rows] == [
        (place.pk, CheckoutState.UNDER_WAY, DUE, DUE, team.training.ends_at) for place in team.places
    ]
    assert JournalEntry.objects.filter(what="checkout_opened").count() == 6


def test_a_corrected_attendance_withdraws_the_checkout_and_gives_it_back_as_it_was() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    handed = hand_in(checkout, "discussion", date(2018, 2, 19), FEB)
    values = {"place_id": team.places[0].pk, "day": 1, "why": "was not there", "by": staff}
    correct_attendance(marks=DayMarks(absent=True), now=FEB, **values)
    checkout.refresh_from_db()
    assert (checkout.state, checkout.round, stands(checkout, FEB)) == (CheckoutState.WITHDRAWN, 0, Standing.WITHDRAWN)
    with pytest.raises(actions.UnableToHandIn, match="was corrected"):
        hand_in(checkout, "contribution", date(2018, 2, 19), FEB)
    correct_attendance(marks=DayMarks(), now=FEB, **values)
    checkout.refresh_from_db()
    assert (checkout.state, checkout.round, checkout.due_on) == (CheckoutState.UNDER_WAY, 1, DUE)
    assert list(Submission.objects.values_list("pk", "state")) == [(handed.pk, SubmissionState.SUBMITTED)]


def test_all_passed_in_time_is_complete_and_never_expires() -> None:
    team = Team()
    checkout = team.checkout()
    for number, code in enumerate(CODES):
        done = date(2018, 2, 10 + number)
        review(hand_in(checkout, code, done, FEB), team, SubmissionState.PASSED, done, FEB)
    assert stands(checkout, FEB) == stands(checkout, FEB + timedelta(days=1000)) == Standing.COMPLETE
    letters = list(Notice.objects.filter(code="L12").order_by("pk").values_list("letter", flat=True))
    assert letters == ["certification.received", "certification.reviewed"] * 3


def test_done_on_day_89_recorded_on_day_95_counts() -> None:
    team = Team()
    checkout = team.checkout()
    for code in CODES[:2]:
        review(hand_in(checkout, code, date(2018, 2, 19), FEB), team, SubmissionState.PASSED, date(2018, 2, 19), FEB)
    day_89, day_95 = DUE - timedelta(days=1), DUE + timedelta(days=5)
    assert stands(checkout, day(day_95)) == Standing.EXPIRED
    handed = hand_in(checkout, "demonstration", day_89, day(day_95))
    assert stands(checkout, day(day_95)) == Standing.IN_REVIEW
    review(handed, team, SubmissionState.PASSED, day_89, day(day_95))
    assert stands(checkout, day(day_95)) == Standing.COMPLETE


def test_a_repeat_on_day_92_expires_on_the_day_of_that_review_and_an_extension_revives_it() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    handed = [hand_in(checkout, code, date(2018, 4, 30), day(date(2018, 4, 30))) for code in CODES]
    day_92 = DUE + timedelta(days=2)
    assert stands(checkout, day(day_92)) == Standing.IN_REVIEW
    review(handed[0], team, SubmissionState.REPEAT, date(2018, 4, 30), day(day_92), "the link is broken")
    verdict = queries.checkout_verdict(team.checkout(), now=day(day_92))
    assert (verdict.facts["standing"], verdict.facts["expired_on"]) == (Standing.EXPIRED, day_92)
    actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 6, 1), why="the review was late", by=staff, now=day(day_92))
    assert stands(checkout, day(day_92)) == Standing.OPEN
    assert stands(checkout, day(date(2018, 6, 2))) == Standing.EXPIRED


def test_two_extensions_the_later_date_holds_and_one_revoked_falls_back() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    asked = actions.ask_extension(checkout_id=checkout.pk, reason="ill", by=checkout.place.person, now=FEB, to=date(2018, 6, 1))
    exceptions.approve(asked, by=staff, now=FEB, until=asked.default_until())
    second = actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="still ill", by=staff, now=FEB)
    checkout.refresh_from_db()
    assert (checkout.first_due_on, checkout.due_on, checkout.round) == (DUE, date(2018, 7, 1), 2)
    with pytest.raises(actions.UnableToExtend, match="names a later day"):
        actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="again", by=staff, now=FEB)
    actions.revoke_extension(record_id=second.pk, note="a mistake", by=staff, now=FEB)
    checkout.refresh_from_db()
    assert (checkout.due_on, checkout.round) == (date(2018, 6, 1), 3)


def test_a_failed_exercise_closes_and_only_an_exception_reopens() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    review(
        hand_in(checkout, "contribution", date(2018, 2, 19), FEB), team, SubmissionState.FAILED, date(2018, 2, 19), FEB, "copied"
    )
    checkout.refresh_from_db()
    assert (checkout.state, checkout.ended_why) == (CheckoutState.FAILED, "copied")
    with pytest.raises(actions.UnableToExtend):
        actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="please", by=staff, now=FEB)
    actions.reopen_checkout(checkout_id=checkout.pk, why="it was their own", by=staff, now=FEB)
    assert stands(checkout, FEB) == Standing.OPEN
    hand_in(checkout, "contribution", date(2018, 2, 20), FEB)


def test_attendance_confirmed_three_weeks_late_offers_one_extension_by_those_days() -> None:
    confirmed = datetime(2018, 2, 21, 18, tzinfo=UTC)
    team, staff = Team(confirmed_at=confirmed), StaffFactory()
    checkout = team.checkout()
    assert (checkout.due_on, queries.late_days_of(checkout)) == (DUE, 21)
    actions.extend_for_late_confirmation(checkout_id=checkout.pk, by=staff, now=confirmed)
    checkout.refresh_from_db()
    assert checkout.due_on == DUE + timedelta(days=21)
    with pytest.raises(actions.UnableToExtend, match="offered once"):
        actions.extend_for_late_confirmation(checkout_id=checkout.pk, by=staff, now=confirmed)


def test_who_is_certified_draws_no_new_checkout_and_the_letter_asks_for_no_exercises() -> None:
    first, again = Team(1), Team(1, starts_on=date(2018, 6, 5), confirm=False)
    certify(first, now=FEB + timedelta(days=10))
    again.confirm(again.training.ends_at)
    assert first.places[0].person_id == again.places[0].person_id
    assert list(Checkout.objects.values_list("place", flat=True)) == [first.places[0].pk]
    letters = Notice.objects.filter(letter="trainees.passed").order_by("pk")
    texts = [composing.preview(notice, now=again.training.ends_at)[1] for notice in letters]
    assert ["THE THREE EXERCISES" in text for text in texts] == [True, False]
    assert "You hold a certificate already" in texts[1]
