"""Races on PostgreSQL: 64 clients want the last seats of a training and of a membership, and a cancellation comes in between.

Shown first to fail with the locks taken out: a race that nobody can see proves nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from carpentries_portal.common import editions, merging, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import EditionRecord, Notice, Person, RunError
from carpentries_portal.common.testing.waiting import until_somebody_waits
from memberships.actions import add_coordinator, create_membership, seats
from memberships.factories import (
    EPOCH,
    CoordinatorFactory,
    MembershipFactory,
    OrganizationFactory,
    PersonFactory,
    StaffFactory,
)
from memberships.models import Membership, MembershipQuerySet
from trainings import actions
from trainings.actions import locks
from trainings.actions.bookings import Site
from trainings.actions.locks import lock_booking
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Trainer, Training, TrainingException, TrainingTrainer
from trainings.models.trainings import TrainingQuerySet

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

CLIENTS = 64
SITE = Site(name="Library", room="", zone="America/New_York")


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run the jobs in threads of their own, each with its own connection, started together; results or exceptions."""
    results: list[object] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def client(number: int, job: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            results[number] = job()
        except Exception as problem:  # noqa: BLE001  # whatever came out is the result
            results[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def booking(training: Training, membership: Membership, by: Person) -> Callable[[], object]:
    return lambda: actions.book(training_id=training.pk, membership_id=membership.pk, seats=6, site=SITE, by=by, now=EPOCH)


def seats_at(training: Training) -> int:
    return sum(Booking.objects.confirmed().filter(training=training).values_list("seats", flat=True))


def fight_for_a_training() -> tuple[list[object], Training]:
    """64 teams of six want a training of 30 seats."""
    training = TrainingFactory(capacity=30)
    by = CoordinatorFactory().person
    memberships = [MembershipFactory() for _ in range(CLIENTS)]
    return at_once([booking(training, membership, by) for membership in memberships]), training


def fight_for_a_membership() -> tuple[list[object], Membership]:
    """64 bookings of six seats, each at another training, from one membership of 15."""
    membership = MembershipFactory()
    by = CoordinatorFactory(organization=membership.organization).person
    trainings = [TrainingFactory(starts_on=date(2018, 3, 12) + timedelta(days=n)) for n in range(CLIENTS)]
    return at_once([booking(training, membership, by) for training in trainings]), membership


def test_last_seats_of_a_training_are_sold_once_and_nobody_is_refused_while_seats_are_left() -> None:
    results, training = fight_for_a_training()
    assert sum(isinstance(result, Booking) for result in results) == 5
    refusals = [result for result in results if not isinstance(result, Booking)]
    assert {str(result) for result in refusals} == {"This training is full: no place is free."}
    assert seats_at(training) == 30
    assert list(run_audits()) == []


def test_last_seats_of_a_membership_are_reserved_once() -> None:
    results, membership = fight_for_a_membership()
    assert sum(isinstance(result, Booking) for result in results) == 2
    assert all(isinstance(result, Booking | UnableTo) for result in results)
    membership.refresh_from_db()
    assert (membership.available, membership.reserved) == (3, 12)
    assert list(run_audits()) == []


def test_cancellation_in_between_leaves_no_booking_behind() -> None:
    training = TrainingFactory(capacity=CLIENTS * 6)
    by = CoordinatorFactory().person
    memberships = [MembershipFactory() for _ in range(CLIENTS - 1)]
    jobs = [booking(training, membership, by) for membership in memberships]
    jobs.insert(CLIENTS // 2, lambda: actions.cancel_training(training_id=training.pk, why="No trainer.", by=by, now=EPOCH))
    results = at_once(jobs)
    assert all(isinstance(result, Booking | Training | UnableTo) for result in results)
    assert seats_at(training) == 0
    assert {(row.available, row.reserved) for row in Membership.objects.filter(pk__in=[m.pk for m in memberships])} == {(15, 0)}
    assert list(run_audits()) == []


def fight_to_move() -> tuple[list[object], Training, list[Booking]]:
    """Sixteen teams in two trainings; those of each want the last six places of a third, while pairs swap sides."""
    left, right, last = (TrainingFactory(starts_on=date(2018, 5, 14) + timedelta(days=7 * n), capacity=96) for n in range(3))
    Training.objects.filter(pk=last.pk).update(capacity=6)
    by = CoordinatorFactory().person
    teams = [BookingFactory(training=(left, right)[n % 2], seats=6, by=by) for n in range(16)]

    def moving(team: Booking, to: Training) -> Callable[[], object]:
        return lambda: actions.move_booking(booking_id=team.pk, to_training_id=to.pk, by=by, now=EPOCH)

    jobs = [moving(team, last) for team in teams[:8]]
    jobs += [moving(team, right if team.training_id == left.pk else left) for team in teams[8:]]  # both ways: no deadlock
    return at_once(jobs), last, teams


def test_last_places_are_moved_to_once_and_the_others_stay_where_they_are() -> None:
    results, last, teams = fight_to_move()
    assert seats_at(last) == 6
    assert sum(isinstance(result, Booking) for result in results[:8]) == 1
    assert {str(result) for result in results[:8] if not isinstance(result, Booking)} == {
        "This training is full: no place is free."
    }
    assert [isinstance(result, Booking) for result in results[8:]] == [True] * 8
    stayed = [team for team, result in zip(teams[:8], results[:8], strict=True) if not isinstance(result, Booking)]
    assert Booking.objects.confirmed().filter(pk__in=[team.pk for team in stayed]).count() == 7
    assert {(row.available, row.reserved, row.forfeited) for row in Membership.objects.all()} == {(9, 6, 0)}
    assert list(run_audits()) == []


def fight_over_a_move(*, same_day: bool) -> tuple[list[object], Training]:
    """Teams book and leave, two nights run, while staff move the training twice, from D(1) of sign-up: all on one training."""
    training = TrainingFactory(capacity=96)
    staff, now = (
        StaffFactory(),
        datetime(2018, 2, 15, 12, 30, tzinfo=UTC),
    )  # two days after the cut-off: R7 would act on an empty one
    by = CoordinatorFactory().person
    early = [BookingFactory(training=training, seats=6, by=by) for _ in range(4)]

    def moving(first: date) -> Callable[[], object]:
        schedule = Schedule(first, first + timedelta(days=1), time(9), time(17), "America/Chicago")
        return lambda: actions.move_training(training_id=training.pk, schedule=schedule, why="Ill.", by=staff, now=now)

    late = MembershipFactory(), MembershipFactory()
    jobs: list[Callable[[], object]] = [
        lambda team=team: actions.book(training_id=training.pk, membership_id=team.pk, seats=6, site=SITE, by=by, now=now)
        for team in late
    ]
    jobs += [lambda team=team: actions.cancel_booking(booking_id=team.pk, why="", by=by, now=now) for team in early]
    jobs += [moving(date(2018, 5, 14)), moving(date(2018, 5, 14) if same_day else date(2018, 6, 4))]
    jobs += [lambda: runs.run(now=now), lambda: runs.run(now=now)]
    return at_once(jobs), training


@pytest.mark.parametrize("same_day", [False, True])
def test_moves_bookings_and_nights_come_out_as_one_after_the_other(same_day: bool) -> None:
    results, training = fight_over_a_move(same_day=same_day)
    broken = [result for result in results if isinstance(result, Exception) and not isinstance(result, UnableTo)]
    assert broken == []
    moved = [result for result in results if isinstance(result, actions.MovedTraining)]
    training.refresh_from_db()
    assert (training.state, training.round) in {("scheduled", len(moved)), ("cancelled", len(moved))}
    if training.state == "scheduled":
        assert len(moved) == (1 if same_day else 2)
    assert not RunError.objects.exists()
    for membership in Membership.objects.all():
        assert membership.forfeited in {0, 6}  # left before the move (P4), or free after it
        assert membership.available + membership.reserved + membership.forfeited == 15
    confirmed = Booking.objects.confirmed().filter(training=training)
    assert {booking.round for booking in confirmed} <= set(range(len(moved) + 1))
    told = Counter(Notice.objects.filter(letter="trainings.training_moved").values_list("to_key", "occasion"))
    assert max(told.values(), default=1) == 1
    assert list(run_audits()) == []


def fight_for_rosters() -> tuple[list[object], list[Booking]]:
    """The night closes eight rosters without a name while staff move their trainings, each at once."""
    staff, now = StaffFactory(), datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
    by = CoordinatorFactory().person
    teams = [BookingFactory(training=TrainingFactory(), seats=6, by=by) for _ in range(8)]

    def moving(team: Booking) -> Callable[[], object]:
        schedule = Schedule(date(2018, 5, 14), date(2018, 5, 15), time(9), time(17), "America/Chicago")
        return lambda: actions.move_training(training_id=team.training_id, schedule=schedule, why="Ill.", by=staff, now=now)

    return at_once([lambda: runs.run(now=now), *(moving(team) for team in teams)]), teams


def test_roster_that_closes_while_its_training_moves_is_open_with_all_its_seats() -> None:
    """Whoever comes first, no seat stays forfeited."""
    results, teams = fight_for_rosters()
    assert [result for result in results if isinstance(result, Exception)] == []
    assert not RunError.objects.exists()
    rows = Booking.objects.filter(pk__in=[team.pk for team in teams])
    assert {(row.state, row.seats, row.roster_closed_at, row.round) for row in rows} == {("confirmed", 6, None, 1)}
    assert {(row.available, row.reserved, row.forfeited) for row in Membership.objects.all()} == {(9, 6, 0)}
    assert list(run_audits()) == []


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same queries without FOR UPDATE."""
    prepared: tuple[Any, ...] = (locks._training, seats._locked)
    with monkeypatch.context() as unlocked:
        for queryset in (TrainingQuerySet, MembershipQuerySet):
            unlocked.setattr(queryset, "locked", lambda self: self.order_by("pk"))
        for read in prepared:
            read.forget()
        yield
    for read in prepared:
        read.forget()


@pytest.mark.usefixtures("no_locks")
def test_race_without_the_locks_is_seen() -> None:
    """What the tests above would say if the locks were gone."""
    seen = []
    for _attempt in range(3):
        _results, training = fight_for_a_training()
        seen.append(seats_at(training) > 30)
        results, membership = fight_for_a_membership()
        membership.refresh_from_db()
        bookings = sum(isinstance(result, Booking) for result in results)
        seen.append(bookings > 2 or bool(list(run_audits())))
        if any(seen):
            break
    assert any(seen)


@pytest.mark.usefixtures("no_locks")
def test_race_of_moves_without_the_locks_is_seen() -> None:
    assert any(seats_at(fight_to_move()[1]) > 6 for _attempt in range(5))


@pytest.mark.usefixtures("no_locks")
def test_race_of_a_training_that_moves_without_the_locks_is_seen() -> None:
    """Two clicks on the same move: without the lock both find the old dates, and both are done."""
    seen = []
    for _attempt in range(5):
        results, _training = fight_over_a_move(same_day=True)
        moved = [result for result in results if isinstance(result, actions.MovedTraining)]
        broken = [result for result in results if isinstance(result, Exception) and not isinstance(result, UnableTo)]
        seen.append(len(moved) > 1 or bool(broken) or bool(list(run_audits())))
        if any(seen):
            break
    assert any(seen)


def test_a_booking_that_waited_for_its_lock_is_read_as_it_stands_then() -> None:
    """One statement locks and reads: what another changed under the training's lock meanwhile, in each of the four rows, is seen."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    team = BookingFactory(training=TrainingFactory(), membership=membership, by=coordinator.person, seats=6)
    locked, seen = threading.Event(), []

    def changes() -> None:
        with transaction.atomic():
            row, _training, _membership = lock_booking(team.pk)
            locked.set()
            until_somebody_waits()
            actions.change_seats(booking_id=row.pk, seats=7, by=coordinator.person, now=EPOCH)
            Training.objects.filter(pk=row.training_id).update(capacity=31)

    def reads() -> None:
        assert locked.wait(timeout=60)
        with transaction.atomic():
            row, training, membership = lock_booking(team.pk)
            seen.append((row.seats, row.reservation.reserved, training.capacity, membership.available))

    assert at_once([changes, reads]) == [None, None]
    assert seen == [(7, 7, 31, 8)]


def one_after_the_other(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """The first is done and not yet kept when the second begins, which waits; results or exceptions."""
    done = threading.Event()

    def begins() -> object:
        with transaction.atomic():
            result = first()
            done.set()
            until_somebody_waits()
            return result

    def follows() -> object:
        assert done.wait(timeout=60)
        return second()

    return at_once([begins, follows])


def merging_of(kept: Person, merged: Person, by: Person) -> Callable[[], object]:
    seen = merging.preview(kept, merged).seen
    return lambda: merging.merge_people(kept_id=kept.pk, merged_id=merged.pk, why="One.", seen=seen, by=by, now=EPOCH)


def naming(training: Training, *trainers: Trainer, by: Person) -> Callable[[], object]:
    return lambda: actions.set_trainers(training=training, trainers=trainers, by=by, now=EPOCH)


def trainers_at(training: Training) -> list[str]:
    rows = TrainingTrainer.objects.filter(training=training).order_by("trainer__person__email")
    return list(rows.values_list("trainer__person__email", flat=True))


def test_a_trainer_who_is_being_merged_is_not_named_as_who_they_were() -> None:
    kept, old, staff, training = PersonFactory(), TrainerFactory(), StaffFactory(), TrainingFactory()
    merged, refused = one_after_the_other(merging_of(kept, old.person, staff), naming(training, old, by=staff))
    assert isinstance(merged, Person)
    assert str(refused) == "Somebody who was chosen is another row now: two people were merged. Choose again."
    assert trainers_at(training) == []


def test_a_trainer_who_has_just_been_named_is_merged_after_a_second_look() -> None:
    kept, old, staff, training = PersonFactory(), TrainerFactory(), StaffFactory(), TrainingFactory()
    named, refused = one_after_the_other(naming(training, old, by=staff), merging_of(kept, old.person, staff))
    assert not isinstance(named, Exception)
    assert str(refused) == "Something has changed since you looked: read it again."
    merging_of(kept, old.person, staff)()
    assert trainers_at(training) == [kept.email]


def test_two_trainers_of_one_training_who_turn_out_to_be_one_are_named_once() -> None:
    kept, old, staff = TrainerFactory(), TrainerFactory(), StaffFactory()
    training = TrainingFactory(trainers=[old])
    merge = merging_of(kept.person, old.person, staff)
    assert not any(isinstance(one, Exception) for one in one_after_the_other(naming(training, old, kept, by=staff), merge))
    assert trainers_at(training) == [kept.person.email]


def forgetting(person: Person, by: Person) -> Callable[[], object]:
    return lambda: people_requests.forget(person_id=person.pk, keep_verifiable=False, why="Asked.", by=by, now=EPOCH)


def test_a_trainer_who_is_being_forgotten_is_not_named_and_who_was_named_is_not_forgotten() -> None:
    one, other, staff, training = TrainerFactory(), TrainerFactory(), StaffFactory(), TrainingFactory()
    _forgotten, refused = one_after_the_other(forgetting(one.person, staff), naming(training, one, by=staff))
    assert str(refused) == "Somebody who was chosen was forgotten: choose again."
    _named, refused = one_after_the_other(naming(training, other, by=staff), forgetting(other.person, staff))
    assert isinstance(refused, people_requests.UnableToForget)
    assert trainers_at(training) == [other.person.email]


def test_who_is_added_as_a_trainer_again_while_two_are_merged_waits_for_nobody_who_waits_for_them() -> None:
    """The trainer's row comes before the person, for both: else each has what the other wants."""
    kept, old, staff = PersonFactory(), TrainerFactory(), StaffFactory()
    actions.retire(trainer_id=old.pk, why="Moved.", by=staff, now=EPOCH)
    merge, locked = merging_of(kept, old.person, staff), threading.Event()

    def merges() -> object:
        with transaction.atomic():
            list(Trainer.objects.select_for_update(no_key=True).filter(pk=old.pk))
            locked.set()
            until_somebody_waits()
            return merge()

    def adds() -> object:
        assert locked.wait(timeout=60)
        return actions.add_trainer(email=old.person.email, name="", by=staff, now=EPOCH)

    results = at_once([merges, adds])
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, UnableTo)] == []


def asking(training: Training, membership: Membership, by: Person) -> Callable[[], object]:
    values = {"training": training, "membership": membership, "rule": "R6", "reason": "Late."}
    return lambda: actions.ask_exception(**values, by=by, now=EPOCH)


def test_of_two_who_ask_the_same_at_once_the_second_reads_that_it_was_asked() -> None:
    dana = CoordinatorFactory()
    training, membership = TrainingFactory(), MembershipFactory(organization=dana.organization)
    ask = asking(training, membership, dana.person)
    _asked, refused = one_after_the_other(ask, ask)
    assert str(refused) == "This was asked already, and waits for staff."
    assert TrainingException.objects.waiting().count() == 1


def test_what_is_asked_while_the_training_is_cancelled_does_not_wait_for_ever() -> None:
    dana, staff = CoordinatorFactory(), StaffFactory()
    training, membership = TrainingFactory(), MembershipFactory(organization=dana.organization)
    cancel = partial(actions.cancel_training, training_id=training.pk, why="Ill.", by=staff, now=EPOCH)
    _cancelled, refused = one_after_the_other(cancel, asking(training, membership, dana.person))
    assert str(refused) == "This training takes no bookings any more."
    assert not TrainingException.objects.exists()


YEAR = {"level": "gold", "starts_on": date(2018, 1, 1), "ends_on": date(2018, 12, 31)}


def test_a_coordinator_who_is_added_while_a_membership_is_made_is_welcomed_once() -> None:
    organization, staff = OrganizationFactory(), StaffFactory()
    make = partial(create_membership, organization=organization, **YEAR, by=staff, now=EPOCH)
    add = partial(add_coordinator, organization=organization, email="c@example.org", name="C", by=staff, now=EPOCH)
    assert not any(isinstance(one, Exception) for one in one_after_the_other(make, add))
    assert Notice.objects.filter(letter="memberships.welcome", to_address="c@example.org").count() == 1


@pytest.mark.parametrize("what", ["membership", "training"])
@pytest.mark.parametrize("first", ["withdrawn", "bound"])
def test_an_edition_is_withdrawn_or_bound_and_never_both(what: str, first: str) -> None:
    staff, organization = StaffFactory(), OrganizationFactory()
    of_2017 = EditionRecord.objects.get()
    edition = replace(of_2017.edition(), name="later", in_force_from=date(2018, 1, 2))
    record = editions.publish_edition(edition, by=staff, now=datetime(2018, 1, 1, 1, tzinfo=UTC))
    withdraw = partial(editions.withdraw_edition, record, why="A mistake.", by=staff, now=datetime(2018, 1, 1, 23, tzinfo=UTC))
    now = datetime(2018, 1, 1, 23, 30, tzinfo=UTC)  # in Auckland the edition is in force already
    dates = {"starts_on": date(2018, 3, 12), "ends_on": date(2018, 3, 13), "starts": time(9), "ends": time(17)}
    bind: Callable[[], Any] = (
        partial(actions.announce_training, schedule=Schedule(**dates, zone="Pacific/Auckland"), by=staff, now=now)
        if what == "training"
        else partial(create_membership, organization=organization, **{**YEAR, "starts_on": date(2018, 1, 2)}, by=staff, now=EPOCH)
    )
    if first == "withdrawn":
        _gone, made = one_after_the_other(withdraw, bind)
        assert (made.edition, EditionRecord.objects.count()) == (of_2017, 1)  # type: ignore[attr-defined]  # what was made
    else:
        made, refused = one_after_the_other(bind, withdraw)
        assert isinstance(refused, editions.UnableToWithdrawEdition)
        assert made.edition == record  # type: ignore[attr-defined]  # as above
