"""Announcing, holding and asking: what is refused, and what is stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.models import JournalEntry, Notice
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainings import actions
from trainings.actions.trainings import Schedule, UnableToAnnounce
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Trainer, Training, TrainingException

pytestmark = pytest.mark.django_db

GOOD = Schedule(date(2018, 3, 12), date(2018, 3, 13), time(9), time(17), "America/Chicago")


def schedule(**changes: object) -> Schedule:
    names = ("starts_on", "ends_on", "starts", "ends", "zone")
    return Schedule(**{name: changes.get(name, getattr(GOOD, name)) for name in names})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone"),
        ({"ends_on": date(2018, 3, 11)}, "before"),
        ({"starts_on": date(2018, 1, 1), "ends_on": date(2018, 1, 2)}, "A training is announced before it begins"),
    ],
)
def test_a_training_that_does_not_hold_is_not_announced(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UnableToAnnounce, match=sentence):
        actions.announce_training(schedule=schedule(**changes), by=None, now=EPOCH)
    assert not Training.objects.exists()


@pytest.mark.parametrize(("tick", "state"), [(0, "held"), (1, "scheduled")])
def test_taking_over_a_training_is_held_from_its_end_on_and_enforced_from_the_day_after(tick: int, state: str) -> None:
    """It ends at 17:00 in Chicago on 5 December: 23:00 UTC."""
    training = actions.take_over_training(
        schedule=schedule(starts_on=date(2017, 12, 4), ends_on=date(2017, 12, 5)),
        announced_on=date(2017, 8, 1),
        cancelled=False,
        source_key="x",
        source={},
        source_notes=[],
        by=None,
        now=datetime(2017, 12, 5, 23, tzinfo=UTC) - timedelta(microseconds=tick),
    )
    assert (training.state, training.enforced_from_on) == (state, date(2017, 12, 6))


def test_taking_over_a_training_in_no_zone_is_refused() -> None:
    with pytest.raises(UnableToAnnounce, match="is not a time zone"):
        actions.take_over_training(
            schedule=schedule(zone="Nowhere"),
            announced_on=date(2018, 1, 1),
            cancelled=False,
            source_key="x",
            source={},
            source_notes=[],
            by=None,
            now=EPOCH,
        )


def test_cut_offs_and_code_follow_from_the_first_day() -> None:
    first, second = TrainingFactory(), TrainingFactory()
    assert (first.code, second.code) == ("2018-03-12-chicago", "2018-03-12-chicago-2")
    assert (first.sign_up_until, first.roster_until) == (date(2018, 2, 12), date(2018, 2, 19))
    assert first.starts_at == datetime(2018, 3, 12, 14, tzinfo=UTC)  # 9:00, the day after the clocks changed
    assert first.ends_at == datetime(2018, 3, 13, 22, tzinfo=UTC)


def test_a_short_day_clips_the_agenda_and_says_so() -> None:
    TrainingFactory(ends=time(13))
    assert "The agenda was clipped to the hours" in JournalEntry.objects.get(what="training_announced").why


def test_the_day_of_announcement_is_counted_in_the_trainings_zone() -> None:
    now = datetime(2018, 1, 2, 12, tzinfo=UTC)
    assert TrainingFactory(zone="Pacific/Auckland", now=now).announced_on == date(2018, 1, 3)
    assert TrainingFactory(zone="Pacific/Honolulu", now=now).announced_on == date(2018, 1, 2)


def test_a_trainer_is_one_person_once_and_keeps_the_name() -> None:
    PersonFactory(email="nora@example.org", name="Nora Weiss")
    first = actions.add_trainer(email="Nora@example.org", name="N. W.", by=None, now=EPOCH)
    second = actions.add_trainer(email="nora@example.org", name="", by=None, now=EPOCH)
    assert (first, first.person.name, Trainer.objects.count()) == (second, "Nora Weiss", 1)
    assert JournalEntry.objects.filter(what="trainer_added").count() == 1


def test_nobody_trains() -> None:
    training = TrainingFactory(trainers=[TrainerFactory()])
    actions.set_trainers(training=training, trainers=[], by=StaffFactory(), now=EPOCH)
    assert JournalEntry.objects.filter(what="trainers_named").latest("pk").why == "Trained by: nobody."


# asking


def ask(training: Training, rule: str = "R6", reason: str = "The room came late.", **more: object) -> TrainingException:
    coordinator = CoordinatorFactory(email="dana@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    known = {"training": training, "membership": membership, "seats": 6, "by": coordinator.person, "now": EPOCH}
    return actions.ask_exception(**{**known, "rule": rule, "reason": reason, **more})


def test_asking_tells_who_asked_and_the_desk() -> None:
    request = ask(TrainingFactory())
    assert (request.state, request.rule, request.asked_for) == ("asked", "R6", "6 seats")
    told = Notice.objects.filter(code="L13").order_by("letter").values_list("letter", "to_address")
    assert [letter for letter, _to in told] == ["common.exception_received", "common.exception_to_decide"]
    assert told[0][1] == "dana@example.org"


@pytest.mark.parametrize(("rule", "reason"), [("P11", "x"), ("R99", "x"), ("", "x"), ("R6", " ")])
def test_what_cannot_be_asked(rule: str, reason: str) -> None:
    with pytest.raises(exceptions.UnableToAsk):
        ask(TrainingFactory(), rule=rule, reason=reason)
    assert (TrainingException.objects.count(), Notice.objects.filter(code="L13").count()) == (0, 0)


def test_nobody_asks_about_a_training_that_has_begun_or_was_cancelled() -> None:
    training = TrainingFactory()
    with pytest.raises(exceptions.UnableToAsk, match="takes no bookings any more"):
        ask(training, now=training.starts_at)
    actions.cancel_training(training_id=training.pk, why="ill", by=StaffFactory(), now=EPOCH)
    training.refresh_from_db()
    with pytest.raises(exceptions.UnableToAsk, match="takes no bookings any more"):
        ask(training, by=PersonFactory(), membership=MembershipFactory())


def test_the_same_is_asked_once_and_again_after_it_was_declined() -> None:
    training = TrainingFactory()
    first = ask(training)
    same = {"membership": first.membership, "by": first.asked_by}
    with pytest.raises(exceptions.UnableToAsk, match="asked already"):
        actions.ask_exception(training=training, rule="R6", reason="again", now=EPOCH, **same)
    exceptions.decline(first, by=StaffFactory(), now=EPOCH, note="Full.")
    actions.ask_exception(training=training, rule="R6", reason="again", now=EPOCH, **same)
    assert TrainingException.objects.waiting().count() == 1


# deciding


def test_a_decision_is_made_once_and_names_what_it_needs() -> None:
    request, staff = ask(TrainingFactory()), StaffFactory()
    with pytest.raises(exceptions.UnableToDecide, match="ends in the future"):
        exceptions.approve(request, by=staff, now=EPOCH, until=EPOCH)
    with pytest.raises(exceptions.UnableToDecide, match="Say why"):
        exceptions.decline(request, by=staff, now=EPOCH, note=" ")
    with pytest.raises(exceptions.UnableToDecide, match="Only an approved"):
        exceptions.revoke(request, by=staff, now=EPOCH, note="x")
    exceptions.approve(request, by=staff, now=EPOCH, until=EPOCH + timedelta(days=1))
    with pytest.raises(exceptions.UnableToDecide, match="decided already"):
        exceptions.decline(request, by=staff, now=EPOCH, note="No.")
    with pytest.raises(exceptions.UnableToDecide, match="Say why"):
        exceptions.revoke(request, by=staff, now=EPOCH, note=" ")
    request.refresh_from_db()
    exceptions.use_up(request, now=EPOCH)
    with pytest.raises(exceptions.UnableToDecide, match="used already"):
        exceptions.revoke(request, by=staff, now=EPOCH, note="A mistake.")
    request.refresh_from_db()
    assert (request.state, request.used_at) == ("approved", EPOCH)


def test_an_exception_that_staff_enter_needs_a_reason_and_an_end() -> None:
    training, staff = TrainingFactory(), StaffFactory()
    with pytest.raises(exceptions.UnableToAsk, match="Say why"):
        exceptions.enter(TrainingException(training=training, rule="R7", reason=" "), by=staff, now=EPOCH)
    with pytest.raises(exceptions.UnableToDecide, match="ends in the future"):
        exceptions.enter(TrainingException(training=training, rule="R7", reason="x", until=EPOCH), by=staff, now=EPOCH)
    assert not TrainingException.objects.exists()


def test_only_a_training_to_come_is_held_and_a_held_one_is_not_cancelled() -> None:
    training, staff = TrainingFactory(), StaffFactory()
    with pytest.raises(actions.UnableToHold, match="still to come"):
        actions.hold_training(training_id=training.pk, until_on=date(2018, 2, 26), why="x", by=staff, now=training.starts_at)
    for until_on, now, says in (
        (date(2018, 2, 27), EPOCH, "ends on Mon 26 Feb 2018 at the latest"),  # D(14) is the last day
        (date(2018, 2, 25), datetime(2018, 2, 26, 6, tzinfo=UTC), "ends in the future"),  # the first instant of the 26th in Chicago
    ):
        with pytest.raises(actions.UnableToHold, match=says):
            actions.hold_training(training_id=training.pk, until_on=until_on, why="x", by=staff, now=now)
    held = actions.hold_training(
        training_id=training.pk,
        until_on=date(2018, 2, 26),
        why=" a team comes ",
        by=staff,
        now=datetime(2018, 2, 26, 6, tzinfo=UTC),
    )
    assert (held.rule, held.reason, held.until) == ("R7", "a team comes", datetime(2018, 2, 27, 6, tzinfo=UTC))
    over = actions.take_over_training(
        schedule=schedule(starts_on=date(2017, 12, 4), ends_on=date(2017, 12, 5)),
        announced_on=date(2017, 8, 1),
        cancelled=False,
        source_key="x",
        source={},
        source_notes=[],
        by=None,
        now=EPOCH,
    )
    with pytest.raises(actions.UnableToCancelTraining, match="was held"):
        actions.cancel_training(training_id=over.pk, why="x", by=staff, now=EPOCH)


def test_staff_enlarge_a_booking_late_with_a_reason_and_not_without() -> None:
    booking, staff = BookingFactory(), StaffFactory()
    late = datetime(2018, 2, 20, 12, tzinfo=UTC)
    with pytest.raises(actions.UnableToChangeBooking, match="Say why"):
        actions.change_seats(booking_id=booking.pk, seats=12, by=staff, now=late, staff_reason=" ")
    actions.change_seats(booking_id=booking.pk, seats=12, by=staff, now=late, staff_reason="A second row of chairs.")
    assert [(record.rule, record.reason) for record in TrainingException.objects.all()] == [("P3", "A second row of chairs.")]
    booking.refresh_from_db()
    assert booking.seats == 12
