"""Races on PostgreSQL: work handed in twice at once, two reviewers at once, an extension while the night expires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError

from carpentries_portal.common import exceptions, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.merging import merge_people, preview
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.own_data import words_of
from certification import actions, queries
from certification.actions import UnableToHandIn, UnableToReview, certificates, locks
from certification.factories import Team, apply, pass_exercises
from certification.models import Certificate, Checkout, CheckoutException, Submission
from certification.states import Standing, SubmissionState
from certification.tests.test_checkouts import FEB, hand_in
from memberships.factories import PersonFactory, StaffFactory
from trainings.tests.test_races import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

HANDS = 12
NIGHT = datetime(2018, 5, 2, 12, 30, tzinfo=UTC)
MARCH = datetime(2018, 3, 1, 12, tzinfo=UTC)


@contextmanager
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def read(checkout_id: int) -> Checkout:
        return Checkout.objects.with_story().get(pk=checkout_id)

    with monkeypatch.context() as patched:
        patched.setattr(actions.submissions, "lock_checkout", read)
        patched.setattr(actions.locks, "lock_checkout", read)
        yield


def handed_in_many_times() -> list[object]:
    checkout = Team(1).checkout()
    job: Callable[[], object] = lambda: hand_in(checkout, "discussion", date(2018, 2, 19), FEB)  # noqa: E731  # one job, many hands
    return at_once([job] * HANDS)


def test_work_handed_in_many_times_at_once_is_there_once() -> None:
    results = handed_in_many_times()
    assert [type(one) for one in results if isinstance(one, Exception)] == [UnableToHandIn] * (HANDS - 1)
    assert Submission.objects.count() == Notice.objects.filter(letter="certification.received").count() == 1


def test_without_the_lock_that_race_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with without_the_lock(monkeypatch):
        results = handed_in_many_times()
    assert IntegrityError in {type(one) for one in results}, "the net below has nothing to catch"


def reviewed_by_two() -> list[object]:
    team = Team(1)
    row = hand_in(team.checkout(), "discussion", date(2018, 2, 19), FEB)
    reviewers = [StaffFactory() for _ in range(HANDS)]

    def job(number: int) -> Callable[[], object]:
        result = SubmissionState.FAILED if number % 2 else SubmissionState.PASSED
        values = {"submission_id": row.pk, "confirmed_on": date(2018, 2, 19), "feedback": f"reviewer {number}", "now": FEB}
        return lambda: actions.review_submission(result=result, by=reviewers[number], **values)

    return at_once([job(number) for number in range(HANDS)])


def test_of_reviewers_at_once_one_decides_and_one_letter_leaves() -> None:
    results = reviewed_by_two()
    assert [type(one) for one in results if isinstance(one, Exception)] == [UnableToReview] * (HANDS - 1)
    row, checkout = Submission.objects.get(), Checkout.objects.get()
    assert (checkout.state == "failed") == (row.state == "failed")
    assert Notice.objects.filter(letter="certification.reviewed").count() == 1


def test_without_the_lock_several_reviewers_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    with without_the_lock(monkeypatch):
        results = reviewed_by_two()
    assert sum(not isinstance(one, Exception) for one in results) > 1


def test_an_extension_while_the_night_expires_leaves_it_open() -> None:
    team, staff = Team(6), StaffFactory()
    to = date(2018, 6, 30)
    extensions = [
        lambda pk=row.pk: actions.extend_checkout(checkout_id=pk, to=to, why="ill", by=staff, now=NIGHT)  # type: ignore[misc]
        for row in Checkout.objects.order_by("pk")
    ]
    results = at_once([*extensions, lambda: runs.run(now=NIGHT, rules=["R27"]), lambda: runs.run(now=NIGHT, rules=["R27"])])
    assert [one for one in results if isinstance(one, Exception)] == []
    rows = list(Checkout.objects.with_story())
    assert {(row.due_on, row.expired_on, queries.standing_of(row, now=NIGHT)) for row in rows} == {(to, None, Standing.OPEN)}
    expired = JournalEntry.objects.filter(what="checkout_expired").count()
    assert expired == Notice.objects.filter(letter="certification.expired").count() <= len(team.places)
    assert [str(finding) for finding in run_audits()] == []


def test_a_request_decided_twice_at_once_moves_the_date_once() -> None:
    team, staff = Team(1), StaffFactory()
    checkout = team.checkout()
    record = actions.ask_extension(checkout_id=checkout.pk, reason="ill", by=checkout.place.person, now=FEB, to=date(2018, 6, 1))
    fresh = [CheckoutException.objects.get(pk=record.pk) for _ in range(HANDS)]
    jobs = [lambda row=row: exceptions.approve(row, by=staff, now=FEB, until=row.default_until()) for row in fresh]  # type: ignore[misc]
    results = at_once(jobs)
    assert sum(not isinstance(one, Exception) for one in results) == 1
    checkout.refresh_from_db()
    assert (checkout.due_on, checkout.round) == (date(2018, 6, 1), 1)


def test_who_is_forgotten_and_merged_at_one_instant_is_one_of_them_and_nobody_waits_for_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both lock what hangs on a person in one order: trainings, places, checkouts, the person."""
    team, by = Team(1), StaffFactory()
    merged, kept = team.places[0].person, PersonFactory()
    seen = preview(kept, merged).seen

    def slowly(*args: Any) -> Any:
        sleep(0.5)  # with the person's lock in hand, and the checkout's to come if the order were another
        return words_of(*args)

    def merge() -> object:
        sleep(0.2)
        return merge_people(kept_id=kept.pk, merged_id=merged.pk, why="One.", seen=seen, by=by, now=FEB)

    monkeypatch.setattr(people_requests, "words_of", slowly)
    forgotten, refused = at_once(
        [lambda: people_requests.forget(person_id=merged.pk, keep_verifiable=True, why="Asked.", by=by, now=FEB), merge]
    )
    assert forgotten == merged
    assert "was forgotten" in str(refused)
    assert list(run_audits()) == []


def test_who_is_certified_and_merged_at_one_instant_is_both_and_nobody_waits_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    team, by = Team(1), StaffFactory()
    apply(team.places[0])
    pass_exercises(team.checkout(), by=team.trainer, now=MARCH)
    merged, kept = team.places[0].person, PersonFactory()
    seen = preview(kept, merged).seen
    lock = certificates.lock_checkout

    def slowly(checkout_id: int) -> Checkout:
        sleep(0.5)  # with what was locked before it in hand
        return lock(checkout_id)

    def merge() -> object:
        sleep(0.2)
        return merge_people(kept_id=kept.pk, merged_id=merged.pk, why="One.", seen=seen, by=by, now=MARCH)

    for module in (certificates, locks):
        monkeypatch.setattr(module, "lock_checkout", slowly)
    issued, one = at_once([lambda: actions.issue_certificate(checkout_id=team.checkout().pk, by=None, now=MARCH), merge])
    assert isinstance(issued, Certificate), issued
    assert one == kept
    assert issued.person == kept
    assert list(run_audits()) == []
