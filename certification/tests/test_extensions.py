"""More time (R25, R28): asked for, given, offered after a late confirmation, taken back; and what is refused, with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice
from certification import actions
from certification.factories import Team, certify, pass_exercises
from certification.models import Checkout, CheckoutException
from certification.states import Standing, SubmissionState
from certification.tests.test_checkouts import CODES, DUE, FEB, day, hand_in, review, stands
from memberships.factories import StaffFactory

pytestmark = pytest.mark.django_db

LATE = datetime(2018, 2, 21, 18, tzinfo=UTC)  # three weeks after the training


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def extend(checkout: Checkout, to: date, now: datetime = FEB) -> CheckoutException:
    return actions.extend_checkout(checkout_id=checkout.pk, to=to, why="ill", by=StaffFactory(), now=now)


def offer(checkout: Checkout, now: datetime = LATE) -> CheckoutException:
    return actions.extend_for_late_confirmation(checkout_id=checkout.pk, by=StaffFactory(), now=now)


def lines(what: str) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    return [(row.rule, row.why, row.old, row.new) for row in JournalEntry.objects.filter(what=what).order_by("pk")]


def test_given_and_taken_back_with_a_line_and_a_letter_each() -> None:
    team, staff = Team(1), StaffFactory()
    checkout, to = team.checkout(), date(2018, 6, 1)
    record = extend(checkout, to)
    assert lines("checkout_extended") == [("R28", "ill", {"due_on": "2018-05-01"}, {"due_on": "2018-06-01"})]
    letters = Notice.objects.filter(letter="certification.changed", to_person=checkout.place.person)
    assert [(row.context["what"], row.context["why"]) for row in letters] == [("extended", "ill")]
    actions.revoke_extension(record_id=record.pk, note=" a mistake ", by=staff, now=FEB)
    assert lines("extension_revoked") == [("R28", "a mistake", {"due_on": "2018-06-01"}, {"due_on": "2018-05-01"})]
    assert team.checkout().due_on == DUE


def test_an_extension_to_a_day_that_is_over_makes_late_work_count() -> None:
    team = Team(1)
    checkout, day_95 = team.checkout(), DUE + timedelta(days=5)
    handed = [hand_in(checkout, code, DUE, day(DUE)) for code in CODES]
    for row, on in zip(handed, (DUE, DUE, day_95), strict=True):
        review(row, team, SubmissionState.PASSED, on, day(day_95 + timedelta(days=1)))
    later = day(day_95 + timedelta(days=10))
    assert stands(checkout, later) == Standing.EXPIRED
    record = extend(checkout, day_95, later)
    assert record.until == later + timedelta(microseconds=1)
    assert stands(checkout, later) == Standing.COMPLETE


def test_the_late_offer_adds_its_days_to_the_date_in_force_and_an_earlier_confirmation_offers_none() -> None:
    team = Team(1, confirmed_at=LATE)
    checkout = team.checkout()
    extend(checkout, date(2018, 6, 1), LATE)
    offer(checkout)
    assert team.checkout().due_on == date(2018, 6, 22)
    assert Checkout.objects.get().late_settled_at == LATE
    in_time = Team(1, starts_on=date(2018, 3, 6), start=1)
    with pytest.raises(actions.UnableToExtend, match="not confirmed late: nothing is offered"):
        offer(in_time.checkout())


def test_the_late_offer_counts_days_where_the_training_does() -> None:
    """Confirmed at 18:00 UTC on 7 February: in Auckland that is the 8th, eight days after the last day; in Chicago it is the seventh."""
    confirmed = datetime(2018, 2, 7, 18, tzinfo=UTC)
    auckland = Team(1, zone="Pacific/Auckland", confirmed_at=confirmed)
    chicago = Team(1, confirmed_at=confirmed, start=1)
    assert [team.checkout().late_days for team in (auckland, chicago)] == [8, 0]


def test_a_late_offer_is_let_go_once_with_a_reason() -> None:
    team, staff = Team(1, confirmed_at=LATE), StaffFactory()
    values = {"checkout_id": team.checkout().pk, "by": staff, "now": LATE}
    with pytest.raises(actions.UnableToExtend, match="Say why"):
        actions.decline_late_offer(why="  ", **values)
    actions.decline_late_offer(why="they began at once", **values)
    assert lines("late_offer_declined") == [("R25", "they began at once", {}, {})]
    with pytest.raises(actions.UnableToExtend, match="decided already"):
        actions.decline_late_offer(why="again", **values)
    with pytest.raises(actions.UnableToExtend, match="decided already"):
        offer(team.checkout())
    assert team.checkout().due_on == DUE


def test_a_date_of_a_reopening_outlives_an_extension_that_is_taken_back() -> None:
    team, staff = Team(1), StaffFactory()
    checkout = team.checkout()
    actions.close_checkout(checkout_id=checkout.pk, why="asked to stop", by=staff, now=FEB)
    actions.reopen_checkout(checkout_id=checkout.pk, why="goes on", by=staff, now=FEB, to=date(2018, 6, 1))
    record = extend(checkout, date(2018, 7, 1))
    actions.revoke_extension(record_id=record.pk, note="a mistake", by=staff, now=FEB)
    assert team.checkout().due_on == date(2018, 6, 1)


def test_a_request_that_waits_moves_no_date_and_is_declined_when_the_checkout_ends() -> None:
    team, staff = Team(1), StaffFactory()
    checkout = team.checkout()
    asked = actions.ask_extension(checkout_id=checkout.pk, reason="ill", by=checkout.place.person, now=FEB, to=date(2018, 9, 1))
    record = extend(checkout, date(2018, 6, 1))
    actions.revoke_extension(record_id=record.pk, note="a mistake", by=staff, now=FEB)
    assert team.checkout().due_on == DUE
    actions.close_checkout(checkout_id=checkout.pk, why="asked to stop", by=staff, now=FEB)
    asked.refresh_from_db()
    assert (asked.state, asked.note) == ("declined", "The checkout has ended: asked to stop")


def of_a_certified(team: Team) -> Checkout:
    certify(team, now=FEB + timedelta(days=10))
    return team.checkout()


def of_a_complete(team: Team) -> Checkout:
    pass_exercises(team.checkout(), by=team.trainer, now=FEB + timedelta(days=10))
    return team.checkout()


@pytest.mark.parametrize(
    ("made", "to", "sentence"),
    [
        (Team.checkout, DUE, "The exercises are due by Tue 1 May 2018, end of day Chicago time: an extension names a later day."),
        (of_a_complete, None, "All exercises were passed in time: no more time is needed."),
        (of_a_certified, None, "The certificate was issued: there is nothing left to hand in."),
    ],
)
def test_what_cannot_be_asked_for_says_why(made: Callable[[Team], Checkout], to: date | None, sentence: str) -> None:
    checkout = made(Team(1))
    with pytest.raises(actions.UnableToExtend) as problem:
        actions.ask_extension(checkout_id=checkout.pk, reason="ill", by=checkout.place.person, now=FEB + timedelta(days=11), to=to)
    assert str(problem.value) == sentence
    assert not CheckoutException.objects.exists()


def test_what_cannot_be_approved_or_taken_back_changes_nothing() -> None:
    team, staff = Team(2), StaffFactory()
    first, second = team.checkout(0), team.checkout(1)
    asked = actions.ask_extension(checkout_id=first.pk, reason="ill", by=first.place.person, now=FEB)
    with pytest.raises(actions.UnableToExtend, match="Name the day until which there is time"):
        exceptions.approve(asked, by=staff, now=FEB, until=day(DUE))
    with pytest.raises(actions.UnableToExtend, match="names a later day"):
        exceptions.approve(asked, by=staff, now=FEB, until=day(DUE), to_date=DUE)
    asked.refresh_from_db()
    assert (asked.state, team.checkout(0).due_on) == ("asked", DUE)
    record = extend(second, date(2018, 6, 1))
    actions.close_checkout(checkout_id=second.pk, why="asked to stop", by=staff, now=FEB)
    with pytest.raises(actions.UnableToExtend, match="has ended: its dates are settled"):
        actions.revoke_extension(record_id=record.pk, note="a mistake", by=staff, now=FEB)
    assert team.checkout(1).due_on == date(2018, 6, 1)
