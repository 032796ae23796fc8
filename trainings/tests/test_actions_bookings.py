"""Booking, enlarging, shrinking and cancelling as a coordinator and as staff: what is stored, where the seats are, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import transaction

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.dates import days_before, instant
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import JournalEntry, Notice
from memberships.actions import end_early, forfeit, lock_memberships
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.ledger import Cause
from memberships.models import Coordinator, LedgerEntry, Membership
from trainings import actions
from trainings.actions import UnableToBook, UnableToChangeBooking
from trainings.actions.bookings import Site
from trainings.factories import TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = pytest.mark.django_db

SITE = Site(name="Science Library", room="136", zone="America/New_York")
TICK = timedelta(microseconds=1)
FIRST_DAY = date(2018, 3, 26)  # the clocks of Chicago change on 11 March, after D(28)


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def member(level: str = "gold", **more: object) -> tuple[Membership, Coordinator]:
    coordinator = CoordinatorFactory()
    return MembershipFactory(organization=coordinator.organization, level=level, **more), coordinator


def book(training: Training, membership: Membership, who: Coordinator, seats: int, now: datetime = EPOCH) -> Booking:
    return actions.book(training_id=training.pk, membership_id=membership.pk, seats=seats, site=SITE, by=who.person, now=now)


def seats_of(membership: Membership) -> tuple[int, int, int]:
    """(available, reserved, forfeited) as they are stored."""
    row = Membership.objects.get(pk=membership.pk)
    return row.available, row.reserved, row.forfeited


def end_of(training: Training, days: int) -> datetime:
    """The last microsecond of D(days) in the training's zone."""
    return instant(days_before(training.starts_on, days) + timedelta(days=1), time(0), training.zone) - TICK


def movements(membership: Membership) -> list[tuple[str, str, int, str]]:
    rows = LedgerEntry.objects.filter(membership=membership).order_by("pk")
    return [(row.source, row.target, row.seats, row.rule) for row in rows][1:]  # the first is the grant


# R11: teams and what they leave


def test_silver_books_exactly_six() -> None:
    membership, who = member("silver")
    training = TrainingFactory()
    for seats, sentence in ((5, "At least 6 of a team"), (7, "6 seats")):
        with pytest.raises(UnableToBook, match=sentence):
            book(training, membership, who, seats)
    assert (seats_of(membership), Booking.objects.count()) == ((6, 0, 0), 0)
    book(training, membership, who, 6)
    assert seats_of(membership) == (0, 6, 0)


@pytest.mark.parametrize(("first", "second"), [(9, 6), (8, 7)])
def test_gold_is_two_teams(first: int, second: int) -> None:
    membership, who = member()
    book(TrainingFactory(), membership, who, first)
    book(TrainingFactory(starts_on=date(2018, 4, 2)), membership, who, second)
    assert seats_of(membership) == (0, 15, 0)
    with pytest.raises(UnableToBook):
        book(TrainingFactory(starts_on=date(2018, 4, 9)), membership, who, 6)


def test_ten_leave_five_that_no_second_team_can_use() -> None:
    membership, who = member()
    book(TrainingFactory(), membership, who, 10)
    with pytest.raises(UnableToBook, match="At least 6 of a team"):
        book(TrainingFactory(starts_on=date(2018, 4, 9)), membership, who, 5)
    assert seats_of(membership) == (5, 10, 0)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland", "America/Chicago"])
def test_ten_then_five_more_on_the_last_minute_of_d28_and_not_one_microsecond_later(zone: str) -> None:
    membership, who = member()
    training = TrainingFactory(starts_on=FIRST_DAY, zone=zone)
    booking = book(training, membership, who, 10)
    last = end_of(training, 28)
    with pytest.raises(UnableToChangeBooking):
        actions.change_seats(booking_id=booking.pk, seats=15, by=who.person, now=last + TICK)
    assert seats_of(membership) == (5, 10, 0)
    actions.change_seats(booking_id=booking.pk, seats=15, by=who.person, now=last)
    assert seats_of(membership) == (0, 15, 0)
    assert Booking.objects.get().seats == 15
    assert movements(membership)[-1] == ("available", "reserved", 5, "P3")


def test_a_refused_enlargement_is_p3s_and_a_refused_booking_r6s() -> None:
    membership, who = member()
    other, other_who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    booking = book(training, membership, who, 6)
    late = end_of(training, 28) + TICK
    with pytest.raises(UnableToChangeBooking) as change:
        actions.change_seats(booking_id=booking.pk, seats=7, by=who.person, now=late)
    with pytest.raises(UnableToBook) as new:
        book(training, other, other_who, 6, now=late)
    assert [verdict.rule for verdict in change.value.verdicts if verdict.refused] == ["P3"]
    assert [verdict.rule for verdict in new.value.verdicts if verdict.refused] == ["R6"]
    assert "Mon 26 Feb 2018" in str(new.value)


# exceptions


def approved(
    training: Training, membership: Membership, who: Coordinator, *, rule: str = "R6", until: datetime
) -> TrainingException:
    request = actions.ask_exception(
        training=training, membership=membership, rule=rule, reason="The room came late.", by=who.person, now=EPOCH, seats=6
    )
    return exceptions.approve(request, by=StaffFactory(), now=EPOCH, until=until)


def test_an_approved_exception_lets_its_own_team_in_once_at_d24() -> None:
    membership, who = member()
    other, other_who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    granted = approved(training, membership, who, until=end_of(training, 21))
    d24 = end_of(training, 24)
    with pytest.raises(UnableToBook):
        book(training, other, other_who, 6, now=d24)
    booking = book(training, membership, who, 6, now=d24)
    granted.refresh_from_db()
    assert granted.used_at == d24
    actions.cancel_booking(booking_id=booking.pk, why="ill", by=who.person, now=d24)
    with pytest.raises(UnableToBook):
        book(training, membership, who, 6, now=d24)


def test_an_approval_that_ran_out_or_was_revoked_changes_nothing() -> None:
    membership, who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    until = end_of(training, 26)
    granted = approved(training, membership, who, until=until)
    with pytest.raises(UnableToBook):
        book(training, membership, who, 6, now=until + TICK)
    exceptions.revoke(granted, by=StaffFactory(), now=EPOCH, note="A mistake.")
    with pytest.raises(UnableToBook):
        book(training, membership, who, 6, now=until)
    assert seats_of(membership) == (15, 0, 0)


def test_an_exception_to_another_rule_changes_nothing() -> None:
    membership, who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    approved(training, membership, who, rule="R11", until=end_of(training, 21))
    with pytest.raises(UnableToBook):
        book(training, membership, who, 6, now=end_of(training, 24))


# staff


def test_staff_go_past_a_warning_with_a_reason_and_it_is_written_down_as_an_exception() -> None:
    membership, _who = member()
    staff = StaffFactory()
    training = TrainingFactory(starts_on=FIRST_DAY)
    d20 = end_of(training, 20)

    def by_staff(reason: str) -> Booking:
        return actions.book(
            training_id=training.pk, membership_id=membership.pk, seats=6, site=SITE, by=staff, now=d20, staff_reason=reason
        )

    for nothing in ("", "  "):
        with pytest.raises(UnableToBook, match="Say why"):
            by_staff(nothing)
    assert (seats_of(membership), TrainingException.objects.count()) == ((15, 0, 0), 0)
    booking = by_staff("Agreed on the phone.")
    record = TrainingException.objects.get()
    assert (record.rule, record.state, record.booking, record.asked_by, record.reason) == (
        "R6",
        "approved",
        booking,
        staff,
        "Agreed on the phone.",
    )
    assert record.used_at == d20
    assert seats_of(membership) == (9, 6, 0)


def test_staff_need_no_reason_where_no_rule_refuses_and_no_exception_is_written() -> None:
    membership, _who = member()
    staff = StaffFactory()
    actions.book(
        training_id=TrainingFactory().pk, membership_id=membership.pk, seats=6, site=SITE, by=staff, now=EPOCH, staff_reason=""
    )
    assert TrainingException.objects.count() == 0


def test_not_even_staff_take_seats_that_are_not_there() -> None:
    membership, _who = member("silver")
    with pytest.raises(UnableTo):
        actions.book(
            training_id=TrainingFactory().pk,
            membership_id=membership.pk,
            seats=7,
            site=SITE,
            by=StaffFactory(),
            now=EPOCH,
            staff_reason="A favour.",
        )
    assert (seats_of(membership), Booking.objects.count()) == ((6, 0, 0), 0)


# P4: leaving


def test_cancelling_on_d28_gives_the_seats_back_and_later_forfeits_them() -> None:
    training = TrainingFactory(starts_on=FIRST_DAY)
    last = end_of(training, 28)
    for now, expected, movement in (
        (last, (15, 0, 0), ("reserved", "available", 9, "P4")),
        (last + TICK, (6, 0, 9), ("reserved", "forfeited", 9, "P4")),
    ):
        membership, who = member()
        booking = book(training, membership, who, 9)
        actions.cancel_booking(booking_id=booking.pk, why="", by=who.person, now=now)
        booking.refresh_from_db()
        assert seats_of(membership) == expected
        assert movements(membership)[-1] == movement
        assert (booking.state, booking.seats, booking.cancelled_seats, booking.cancelled_by) == ("cancelled", 0, 9, who.person)
        assert Notice.objects.filter(letter="trainings.booking_cancelled", to_address=who.person.email).count() == 1


def test_shrinking_on_d28_gives_back_and_later_forfeits_what_left() -> None:
    training = TrainingFactory(starts_on=FIRST_DAY)
    last = end_of(training, 28)
    for now, expected in ((last, (8, 7, 0)), (last + TICK, (6, 7, 2))):
        membership, who = member()
        booking = book(training, membership, who, 9)
        actions.change_seats(booking_id=booking.pk, seats=7, by=who.person, now=now)
        assert seats_of(membership) == expected


def test_a_booking_does_not_shrink_below_six_nor_to_what_it_has() -> None:
    membership, who = member()
    booking = book(TrainingFactory(), membership, who, 9)
    for seats, sentence in ((5, "does not shrink below a team of 6"), (9, "has 9 seats already")):
        with pytest.raises(UnableToChangeBooking, match=sentence):
            actions.change_seats(booking_id=booking.pk, seats=seats, by=who.person, now=EPOCH)
    assert seats_of(membership) == (6, 9, 0)


def test_a_cancelled_booking_cannot_be_changed_nor_cancelled_again() -> None:
    membership, who = member()
    booking = book(TrainingFactory(), membership, who, 9)
    actions.cancel_booking(booking_id=booking.pk, why="", by=who.person, now=EPOCH)
    entries = LedgerEntry.objects.count()
    with pytest.raises(UnableToChangeBooking, match="was cancelled already"):
        actions.cancel_booking(booking_id=booking.pk, why="", by=who.person, now=EPOCH)
    with pytest.raises(UnableToChangeBooking, match="was cancelled already"):
        actions.change_seats(booking_id=booking.pk, seats=10, by=who.person, now=EPOCH)
    assert LedgerEntry.objects.count() == entries


def test_what_was_asked_about_a_booking_that_is_cancelled_is_answered_and_who_asked_is_told() -> None:
    membership, who = member()
    training = TrainingFactory()
    booking = book(training, membership, who, 9)
    record = actions.ask_roster_date(booking=booking, reason="Slow.", by=who.person, now=EPOCH)
    asked = {"training": training, "membership": membership, "rule": "R6", "reason": "The room came late."}
    other = actions.ask_exception(**asked, by=who.person, now=EPOCH)
    actions.cancel_booking(booking_id=booking.pk, why="No room.", by=who.person, now=EPOCH)
    record.refresh_from_db()
    assert (record.state, record.note, record.decided_by) == ("declined", "The booking ended: No room.", None)
    letter = Notice.objects.get(letter="common.exception_decided", subject_id=record.pk)
    assert letter.to_person == who.person
    other.refresh_from_db()
    assert other.state == "asked"  # about the training, not this booking


def test_what_is_asked_is_asked_of_the_training_and_the_booking_as_they_are_now() -> None:
    membership, who = member()
    booking = book(TrainingFactory(), membership, who, 9)
    stale = Booking.objects.select_related("training", "membership").get(pk=booking.pk)
    actions.cancel_booking(booking_id=booking.pk, why="No room.", by=who.person, now=EPOCH)
    more = {"reason": "Slow.", "by": who.person, "now": EPOCH}
    with pytest.raises(exceptions.UnableToAsk, match="takes no names any more"):
        actions.ask_roster_date(booking=stale, **more)
    about = {"training": stale.training, "membership": membership}
    with pytest.raises(exceptions.UnableToAsk, match="This booking has ended"):
        actions.ask_exception(**about, booking=stale, rule="P4", **more)
    actions.cancel_training(training_id=stale.training_id, why="Ill.", by=StaffFactory(), now=EPOCH)
    with pytest.raises(exceptions.UnableToAsk, match="takes no bookings any more"):
        actions.ask_exception(**about, rule="R6", **more)


def test_after_cancelling_the_team_can_book_again_but_never_twice_at_once() -> None:
    membership, who = member()
    training = TrainingFactory()
    first = book(training, membership, who, 6)
    with pytest.raises(UnableToBook) as problem:
        book(training, membership, who, 6)
    assert [verdict.rule for verdict in problem.value.verdicts if verdict.refused] == ["P3"]
    actions.cancel_booking(booking_id=first.pk, why="", by=who.person, now=EPOCH)
    book(training, membership, who, 6)
    assert (Booking.objects.count(), Booking.objects.confirmed().count()) == (2, 1)


def test_a_coordinator_does_not_cancel_once_the_training_has_begun_staff_do() -> None:
    membership, who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    booking = book(training, membership, who, 9)
    with pytest.raises(UnableToChangeBooking, match="has begun"):
        actions.cancel_booking(booking_id=booking.pk, why="", by=who.person, now=training.starts_at)
    with pytest.raises(UnableToChangeBooking, match="Only staff"):
        actions.cancel_booking(booking_id=booking.pk, why="x", by=who.person, now=EPOCH, give_back=True)
    assert seats_of(membership) == (6, 9, 0)
    actions.cancel_booking(booking_id=booking.pk, why="Flood.", by=StaffFactory(), now=training.starts_at, as_staff=True)
    assert seats_of(membership) == (6, 0, 9)


def test_staff_give_seats_back_late_with_a_reason_which_is_an_exception_and_stands_in_the_letter() -> None:
    membership, who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    booking = book(training, membership, who, 9)
    late, staff = end_of(training, 10), StaffFactory()
    with pytest.raises(UnableToChangeBooking, match="Say why"):
        actions.cancel_booking(booking_id=booking.pk, why=" ", by=staff, now=late, give_back=True, as_staff=True)
    actions.cancel_booking(booking_id=booking.pk, why="Flood on campus.", by=staff, now=late, give_back=True, as_staff=True)
    assert seats_of(membership) == (15, 0, 0)
    assert TrainingException.objects.get().rule == "P4"
    letter = Notice.objects.get(letter="trainings.booking_cancelled", to_address=who.person.email)
    assert letter.context["sentence"] == "Staff gave the seats back: Flood on campus."


# P5: the training is cancelled


def test_a_cancelled_training_gives_every_seat_back_and_answers_the_requests_that_wait() -> None:
    training = TrainingFactory(starts_on=FIRST_DAY)
    teams = [member(), member("silver")]
    for (membership, who), seats in zip(teams, (9, 6), strict=True):
        book(training, membership, who, seats)
    asks, asks_who = member()
    request = actions.ask_exception(
        training=training, membership=asks, rule="R6", reason="late", by=asks_who.person, now=EPOCH, seats=6
    )
    actions.cancel_training(training_id=training.pk, why="The trainers are ill.", by=StaffFactory(), now=end_of(training, 2))
    assert [seats_of(membership) for membership, _who in teams] == [(15, 0, 0), (6, 0, 0)]
    assert {row.state for row in Booking.objects.all()} == {"cancelled"}
    request.refresh_from_db()
    assert (request.state, request.note) == ("declined", "The training was cancelled: The trainers are ill.")
    told = Notice.objects.filter(letter="trainings.training_cancelled").values_list("to_address", flat=True)
    assert sorted(told) == sorted(who.person.email for _membership, who in teams)


def test_seats_that_come_back_to_an_ended_membership_wait_for_staff() -> None:
    membership, who = member(ends_on=date(2018, 3, 26))
    training = TrainingFactory(starts_on=FIRST_DAY)
    book(training, membership, who, 9)
    actions.cancel_training(training_id=training.pk, why="No power.", by=StaffFactory(), now=datetime(2018, 3, 28, 12, tzinfo=UTC))
    row = Membership.objects.get(pk=membership.pk)
    assert (row.returned, row.reserved) == (9, 0)


def test_a_training_is_cancelled_once_and_with_a_reason() -> None:
    training = TrainingFactory()
    staff = StaffFactory()
    with pytest.raises(actions.UnableToCancelTraining, match="Say why"):
        actions.cancel_training(training_id=training.pk, why="  ", by=staff, now=EPOCH)
    actions.cancel_training(training_id=training.pk, why="ill", by=staff, now=EPOCH)
    with pytest.raises(actions.UnableToCancelTraining, match="was cancelled already"):
        actions.cancel_training(training_id=training.pk, why="ill", by=staff, now=EPOCH)
    assert JournalEntry.objects.filter(what="training_cancelled").count() == 1


# P1, the site, the journal


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "now"),
    [
        (date(2019, 1, 1), date(2019, 12, 31), EPOCH),  # begins the day after the training
        (date(2017, 12, 31), date(2018, 3, 25), EPOCH),  # ends the day before it
    ],
)
def test_a_training_outside_the_membership_year_is_refused(starts_on: date, ends_on: date, now: datetime) -> None:
    membership, who = member(starts_on=starts_on, ends_on=ends_on)
    with pytest.raises(UnableToBook) as problem:
        book(TrainingFactory(starts_on=FIRST_DAY), membership, who, 6, now=now)
    assert [verdict.rule for verdict in problem.value.verdicts if verdict.refused] == ["P1"]


@pytest.mark.parametrize(("starts_on", "ends_on"), [(date(2018, 3, 26), date(2019, 3, 25)), (date(2017, 3, 27), date(2018, 3, 26))])
def test_the_first_and_the_last_day_of_a_membership_count_also_where_it_has_not_begun(starts_on: date, ends_on: date) -> None:
    membership, who = member(starts_on=starts_on, ends_on=ends_on)
    assert book(TrainingFactory(starts_on=FIRST_DAY), membership, who, 6).seats == 6


@pytest.mark.parametrize(
    "site",
    [
        Site(name=" ", room="", zone="UTC"),
        Site(name="x" * 201, room="", zone="UTC"),
        Site(name="Library", room="x" * 201, zone="UTC"),
        Site(name="Library", room="", zone="Mars/Olympus"),
    ],
)
def test_a_site_that_is_none_books_nothing(site: Site) -> None:
    membership, who = member()
    with pytest.raises(UnableToBook):
        actions.book(training_id=TrainingFactory().pk, membership_id=membership.pk, seats=6, site=site, by=who.person, now=EPOCH)
    assert (Booking.objects.count(), seats_of(membership)) == (0, (15, 0, 0))


def test_the_journal_and_the_letter_say_what_was_warned() -> None:
    membership, who = member()
    training = TrainingFactory()
    booking = book(training, membership, who, 10)
    entry = JournalEntry.objects.get(what="booking_made")
    assert "5" in entry.why
    assert (entry.by, entry.new) == (who.person, {"seats": 10})
    assert Notice.objects.filter(letter="trainings.booking_confirmed", to_address=who.person.email).count() == 1
    assert booking.booked_by == who.person


def test_a_contract_does_not_end_early_while_seats_are_reserved() -> None:
    membership, who = member()
    book(TrainingFactory(starts_on=FIRST_DAY), membership, who, 9)
    with pytest.raises(UnableTo, match="Cancel its bookings first: 9 seats are reserved"):
        end_early(membership=membership, on=date(2018, 2, 1), why="Merged.", by=StaffFactory(), now=EPOCH)


def test_a_booking_whose_seats_were_all_forfeited_ends_without_a_movement() -> None:
    membership, who = member()
    booking = book(TrainingFactory(starts_on=FIRST_DAY), membership, who, 9)
    with transaction.atomic():
        (locked,) = lock_memberships([membership.pk])
        forfeit(locked, booking.reservation, seats=9, rule="R15", cause=Cause(reason="Nobody came.", now=EPOCH, by=None))
    entries = LedgerEntry.objects.count()
    actions.cancel_booking(booking_id=booking.pk, why="Nobody came.", by=StaffFactory(), now=EPOCH, as_staff=True)
    booking.refresh_from_db()
    assert (booking.state, booking.seats, LedgerEntry.objects.count()) == ("cancelled", 9, entries)


def test_staff_are_told_that_a_training_began_and_record_what_happened() -> None:
    membership, _who = member()
    training = TrainingFactory(starts_on=FIRST_DAY)
    with pytest.raises(UnableToBook) as problem:
        actions.book(
            training_id=training.pk,
            membership_id=membership.pk,
            seats=6,
            site=SITE,
            by=StaffFactory(),
            now=training.starts_at + timedelta(days=3),
            staff_reason=" ",
        )
    assert any("it began 3 days ago" in verdict.sentence for verdict in problem.value.verdicts)
