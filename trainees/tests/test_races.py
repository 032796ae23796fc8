"""Races on PostgreSQL: one person wanted by many teams at once, one roll call confirmed many times, a list and its closing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from carpentries_portal.common import merging, people, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.merging import merge_people, preview
from carpentries_portal.common.models import Person
from carpentries_portal.common.people import find_or_add_people
from carpentries_portal.common.testing.waiting import until_somebody_waits
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Membership
from trainees import actions, queries
from trainees.actions import Named
from trainees.factories import name_people, named
from trainees.models import EvidenceConnection, Place, RollCall, RollCallMark, RosterChange, RosterRequest
from trainees.policy import DayMarks, Stamp
from trainees.states import Whose
from trainees.tests.test_evidence_actions import AFTER, whole_days
from trainees.tests.test_evidence_actions import Team as Reported
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training
from trainings.tests.test_races import at_once, one_after_the_other

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
TEAMS = 12


def team(training: Training) -> tuple[Booking, Person]:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    return BookingFactory(training=training, membership=membership, by=coordinator.person, seats=6), coordinator.person


def listing(booking: Booking, by: Person) -> Callable[[], object]:
    people = [Named(1, "Ana Silva", "ana@example.org")]
    return lambda: actions.accept_roster(booking_id=booking.pk, people=people, by=by, now=NOW)


def listed_in_many_trainings() -> list[object]:
    """Twelve trainings on the same days: each has another lock, so only the person's own holds the teams apart."""
    teams = [team(TrainingFactory()) for _ in range(TEAMS)]
    return at_once([listing(booking, by) for booking, by in teams])


def test_a_person_wanted_by_many_teams_gets_one_place() -> None:
    training = TrainingFactory(capacity=200)
    teams = [team(training) for _ in range(TEAMS)]
    results = at_once([listing(booking, by) for booking, by in teams])
    assert [type(result) for result in results if isinstance(result, Exception)] == [actions.UnableToChangeRoster] * (TEAMS - 1)
    assert Place.objects.active().count() == 1
    assert Person.objects.filter(email_key="ana@example.org").count() == 1


def test_a_person_gets_one_place_among_trainings_on_the_same_days() -> None:
    results = listed_in_many_trainings()
    assert all(isinstance(result, UnableTo) for result in results if isinstance(result, Exception)), results
    assert Place.objects.active().count() == 1


@contextmanager
def without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from trainees.actions import rosters

    with monkeypatch.context() as patch:
        patch.setattr(rosters, "lock_people", find_or_add_people)
        yield


def test_the_race_is_seen_without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A race that nobody can see proves nothing: without the lock somebody gets two places, in one of a few tries."""
    with without_the_persons_lock(monkeypatch):
        for number in range(8):
            Person.objects.create_user("ana@example.org", "Ana") if number == 0 else None
            listed_in_many_trainings()
            if Place.objects.active().count() > 1:
                return
            Place.objects.all().delete()
    pytest.fail("the race was not seen")


def test_whoever_is_forgotten_while_a_team_names_them_is_on_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list has found the person and has not locked them yet when staff forget them."""
    ana = Person.objects.create_user("ana@example.org", "Ana Silva")
    booking, by = team(TrainingFactory())
    found, forgotten = threading.Event(), threading.Event()

    def find(*args: Any, **values: Any) -> Any:
        known = find_or_add_people(*args, **values)
        found.set()
        forgotten.wait(timeout=20)
        return known

    def forget() -> object:
        found.wait(timeout=20)
        people_requests.forget(person_id=ana.pk, keep_verifiable=True, why="Asked.", by=StaffFactory(), now=NOW)
        forgotten.set()
        return None

    monkeypatch.setattr(people, "find_or_add_people", find)
    refused, done = at_once([listing(booking, by), forget])
    assert done is None
    assert "ana@example.org was merged, forgotten or taken off a moment ago" in str(refused)
    assert not Place.objects.exists()
    actions.accept_roster(booking_id=booking.pk, people=[Named(1, "Ana Silva", "ana@example.org")], by=by, now=NOW)
    assert Place.objects.active().get().person != ana  # somebody new, of whom nothing is known


def test_a_coordinator_who_names_whom_they_are_merged_with_that_moment_is_answered_and_so_are_staff(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list holds the booking that the coordinator made, and waits for the person; the merge moves that booking."""
    booking, by = team(TrainingFactory())
    kept, staff = Person.objects.create_user("kept@example.org", "Kim Li"), StaffFactory()
    seen = preview(kept, by).seen
    found = threading.Event()

    def find(*args: Any, **values: Any) -> Any:
        known = find_or_add_people(*args, **values)
        found.set()
        until_somebody_waits()
        return known

    def merge() -> object:
        found.wait(timeout=20)
        return merge_people(kept_id=kept.pk, merged_id=by.pk, why="One.", seen=seen, by=staff, now=NOW)

    monkeypatch.setattr(people, "find_or_add_people", find)
    name = [Named(1, "Kim Li", "kept@example.org")]
    listed, merged = at_once([lambda: actions.accept_roster(booking_id=booking.pk, people=name, by=by, now=NOW), merge])
    assert isinstance(listed, RosterChange), listed
    assert "Something has changed since you looked" in str(merged)
    assert Place.objects.get().person == kept


def two_lists() -> tuple[tuple[Booking, Person], tuple[Booking, Person]]:
    """A team with a list of one new person, and a team of another training whose coordinator is about to name them."""
    one, other = team(TrainingFactory()), team(TrainingFactory(starts_on=date(2018, 5, 14)))
    actions.accept_roster(booking_id=one[0].pk, people=named(1), by=one[1], now=NOW)
    return one, other


def test_whom_an_undone_list_had_brought_in_is_asked_for_again() -> None:
    """The list is undone first: the person whom the other team has found is gone when it gets their lock."""
    (one, by), (other, theirs) = two_lists()
    undone = threading.Event()

    def undo() -> object:
        with transaction.atomic():
            actions.undo_roster(booking_id=one.pk, by=by, now=NOW)
            undone.set()
            until_somebody_waits()
        return None

    def name() -> object:
        undone.wait(timeout=20)
        return actions.accept_roster(booking_id=other.pk, people=named(1), by=theirs, now=NOW)

    done, refused = at_once([undo, name])
    assert done is None
    assert isinstance(refused, UnableTo), refused
    assert "send it once more" in str(refused)
    actions.accept_roster(booking_id=other.pk, people=named(1), by=theirs, now=NOW)
    assert list(Place.objects.values_list("booking", flat=True)) == [other.pk]


def test_whom_another_list_has_just_named_stays_when_the_one_that_brought_them_in_is_undone() -> None:
    (one, by), (other, theirs) = two_lists()
    listed = threading.Event()

    def name() -> object:
        with transaction.atomic():
            actions.accept_roster(booking_id=other.pk, people=named(1), by=theirs, now=NOW)
            listed.set()
            until_somebody_waits()
        return None

    def undo() -> object:
        listed.wait(timeout=20)
        return actions.undo_roster(booking_id=one.pk, by=by, now=NOW)

    assert at_once([name, undo]) == [None, None]
    assert list(Place.objects.values_list("booking", "person__email")) == [(other.pk, "trainee-0@example.org")]


def test_two_lists_with_the_same_new_people_in_another_order_wait_for_each_other_in_turn() -> None:
    """Between the first and the last of the one list stands somebody whom a third adds at that moment."""
    (one, by), (other, theirs) = team(TrainingFactory()), team(TrainingFactory(starts_on=date(2018, 5, 14)))
    first, middle, last = (Named(line, name, f"{name}@example.org") for line, name in enumerate("abc", 1))
    begun, held = threading.Event(), threading.Event()

    def third() -> object:
        with suppress(RuntimeError), transaction.atomic():
            Person.objects.create_user(middle.email, "b", added_at=NOW)
            begun.set()
            until_somebody_waits()
            held.set()
            until_somebody_waits(2)
            raise RuntimeError("rolled back")
        return None

    def list_one() -> object:
        begun.wait(timeout=20)
        return actions.accept_roster(booking_id=one.pk, people=[first, middle, last], by=by, now=NOW)

    def list_other() -> object:
        held.wait(timeout=20)
        return actions.accept_roster(booking_id=other.pk, people=[last, first], by=theirs, now=NOW)

    results = at_once([third, list_one, list_other])
    assert not [result for result in results if isinstance(result, Exception)], results
    assert Place.objects.count() == 5


def test_attendance_is_confirmed_once_by_many_at_once() -> None:
    booking, by = team(TrainingFactory())
    name_people(booking, 6, by=by, now=NOW)
    training = booking.training
    for day in (1, 2):
        actions.mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=by, now=training.starts_at)
    results = at_once([lambda: actions.confirm_attendance(booking_id=booking.pk, by=by, now=training.ends_at)] * 8)
    assert sum(isinstance(result, Booking) for result in results) == 1
    assert all(isinstance(result, UnableTo) for result in results if isinstance(result, Exception)), results
    membership = Membership.objects.get(pk=booking.membership_id)
    assert (membership.reserved, membership.used) == (0, 6)
    assert list(run_audits()) == []


def test_two_who_keep_the_same_roll_call_at_once_agree_on_what_stands_and_nobody_waits_for_ever() -> None:
    """Each device sends the same marks twice and in its own order, while whole teams are marked: the newest stands everywhere."""
    booking, by = team(TrainingFactory())
    places = name_people(booking, 6, by=by, now=NOW)
    now = booking.training.starts_at + timedelta(hours=1)

    def sending(number: int) -> Callable[[], object]:
        def job() -> object:
            for place in places if number % 2 else list(reversed(places)):
                stamp = Stamp(key=UUID(int=number + 1), made_at=now - timedelta(minutes=number))
                for _again in range(2):
                    marks = DayMarks(absent=number == 0)
                    actions.mark(place_id=place.pk, day=1, marks=marks, by=by, now=now, stamp=stamp)
            return None

        return job

    def whole() -> object:
        marks = {(places[-1].pk, 2): DayMarks(absent=True)}
        return actions.mark_team(booking_id=booking.pk, marks=marks, rest_on=2, by=by, now=now)

    results = at_once([*(sending(number) for number in range(6)), *[whole] * 4])
    assert results == [None] * 10
    assert set(RollCall.objects.filter(day=1).values_list("absent", flat=True)) == {True}  # the newest says so
    assert RollCallMark.objects.filter(day=1).count() == 36
    assert list(RollCall.objects.filter(day=2).order_by("place").values_list("absent", flat=True)) == [False] * 5 + [True]
    assert list(run_audits()) == []


def test_a_mark_that_arrives_while_it_is_confirmed_is_counted_or_refused_never_lost() -> None:
    for number in range(8):
        booking, by = team(TrainingFactory(capacity=100))
        places = name_people(booking, 6, by=by, now=NOW, start=20 * number)
        training = booking.training
        for day in (1, 2):
            actions.mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=by, now=training.starts_at)

        def late(place: Place, by: Person = by, training: Training = training) -> Callable[[], object]:
            stamp = Stamp(key=uuid4(), made_at=training.ends_at)
            marks = DayMarks(absent=True)
            return lambda: [
                actions.mark(place_id=place.pk, day=day, marks=marks, by=by, now=training.ends_at, stamp=stamp) for day in (1, 2)
            ]

        def confirm(pk: int = booking.pk, by: Person = by, training: Training = training) -> object:
            return actions.confirm_attendance(booking_id=pk, by=by, now=training.ends_at)

        results = at_once([confirm, *(late(place) for place in places)])
        assert isinstance(results[0], Booking)
        assert {type(result) for result in results[1:]} <= {list, actions.UnableToMark}
        for place in Place.objects.filter(booking=booking).prefetch_related("roll_calls"):
            verdict = queries.attendance_verdict(place, now=training.ends_at)
            assert (place.outcome == "passed", place.minutes_missed) == (not verdict.refused, verdict.facts["minutes"])
    assert list(run_audits()) == []


def test_the_race_with_a_confirmation_is_seen_without_the_places_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a mark is kept after the outcome was set: a confirmed team whose roll call says something else, in one of a few tries."""
    from trainees.actions import roll_call

    def unlocked(place_id: int) -> Place:
        place = Place.objects.select_related("training__edition", "booking", "person").get(pk=place_id)
        sleep(0.05)  # between reading and writing, where the lock would hold the other back
        return place

    monkeypatch.setattr(roll_call, "locked_place", unlocked)
    booking, by = team(TrainingFactory())
    places = name_people(booking, 6, by=by, now=NOW)
    training = booking.training
    for day in (1, 2):
        actions.mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=by, now=training.starts_at)
    absent = DayMarks(absent=True)
    jobs: list[Callable[[], object]] = [
        lambda: actions.confirm_attendance(booking_id=booking.pk, by=by, now=training.ends_at),
        lambda: actions.mark(place_id=places[0].pk, day=1, marks=absent, by=by, now=training.ends_at),
    ]
    results = at_once(jobs)
    assert not [result for result in results if isinstance(result, Exception)], results
    place = Place.objects.get(pk=places[0].pk)
    assert place.minutes_missed != queries.attendance_verdict(place, now=training.ends_at).facts["minutes"]


def test_four_nights_at_once_close_each_roster_once() -> None:
    bookings = [team(TrainingFactory(capacity=100)) for _ in range(6)]
    for number, (booking, by) in enumerate(bookings):
        name_people(booking, 5, by=by, now=NOW, start=20 * number)
    night = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
    results = at_once([lambda: runs.run(now=night)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(row.forfeited for row in Membership.objects.all()) == 6
    assert list(run_audits()) == []
    assert night.date() > date(2018, 2, 19)


def closed_team(training: Training, *, start: int) -> tuple[Booking, Person]:
    booking, by = team(training)
    name_people(booking, 6, by=by, now=NOW, start=start)
    return booking, by


def test_a_person_asked_for_by_many_closed_teams_is_accepted_once_and_one_request_only_once() -> None:
    """P7: eight trainings on the same days, each with a request that names Ana; staff accept them all at once, the first one four times."""
    late = datetime(2018, 2, 26, 12, tzinfo=UTC)
    staff = StaffFactory()
    requests = []
    for number in range(8):
        booking, by = closed_team(TrainingFactory(), start=20 * number)
        people = [Named(9, "Ana Silva", "ana@example.org"), *named(5, start=20 * number)]
        requests.append(actions.ask_changes(booking_id=booking.pk, people=people, reason="ill", by=by, now=late).pk)

    def accept(pk: int) -> Callable[[], object]:
        return lambda: actions.accept_changes(request_id=pk, note="", by=staff, now=late)

    results = at_once([accept(pk) for pk in [*requests, *requests[:1] * 3]])
    assert all(isinstance(result, UnableTo) for result in results if isinstance(result, Exception)), results
    assert sum(isinstance(result, RosterRequest) for result in results) == 1
    assert Place.objects.active().filter(person__email_key="ana@example.org").count() == 1
    assert RosterRequest.objects.filter(state="approved").count() == 1
    assert Place.objects.active().count() == 8 * 6
    assert list(run_audits()) == []


def test_certain_ones_are_confirmed_and_not_what_somebody_has_just_decided() -> None:
    one = Reported()
    report = one.send(*whole_days("x", "trainee-0@example.org"), *whole_days("y", "trainee-1@example.org"))
    y = EvidenceConnection.objects.get(name="y")
    values = {"training_id": one.training.pk, "by": one.by, "now": AFTER}
    decide = partial(actions.decide_connections, decisions={y.pk: actions.Decision(Whose.IGNORED)}, **values)
    confirm = partial(actions.confirm_certain, report_id=report.pk, **values)
    assert one_after_the_other(decide, confirm) == [1, 1]
    assert dict(EvidenceConnection.objects.values_list("name", "whose")) == {"x": "person", "y": "ignored"}


def test_whoever_put_people_on_a_list_is_merged_while_the_list_changes_and_nobody_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list has its places and wants the persons; the merge has the persons and wants those places, for it moves who added them."""
    booking, by = team(TrainingFactory())
    name_people(booking, 3, by=by)
    kept, staff, found = PersonFactory(email="kept@example.org"), StaffFactory(), threading.Event()
    seen = merging.preview(kept, by).seen

    def find(*args: Any, **values: Any) -> Any:
        known = find_or_add_people(*args, **values)
        if not found.is_set():
            found.set()
            until_somebody_waits()
        return known

    monkeypatch.setattr(people, "find_or_add_people", find)

    def names() -> object:
        return actions.accept_roster(booking_id=booking.pk, people=[Named(1, "K", "kept@example.org")], by=by, now=NOW)

    def merges() -> object:
        assert found.wait(timeout=60)
        return merging.merge_people(kept_id=kept.pk, merged_id=by.pk, why="One.", seen=seen, by=staff, now=NOW)

    listed, refused = at_once([names, merges])
    assert not isinstance(listed, Exception)
    assert str(refused) == "Something has changed since you looked: read it again."
