"""The roll call: marked while it lasts, confirmed once; seats used or forfeited, corrected and excused with a reason."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import composing
from memberships.actions import grant_extra, withdraw
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.ledger import UnableToMoveSeats
from memberships.models import LedgerEntry, Membership
from trainees import actions, queries
from trainees.actions import UnableToConfirm, UnableToMark
from trainees.desk import attendance_wanted
from trainees.factories import name_people
from trainees.models import Place, PlaceException, RollCall, RollCallMark
from trainees.policy import DayMarks, Stamp
from trainees.signals import attendance_confirmed
from trainees.states import Ground
from trainings.actions import (
    UnableToChangeBooking,
    UnableToConfirmAttendance,
    cancel_booking,
    change_seats,
    move_booking,
    set_trainers,
)
from trainings.actions.restoring import restore_seats
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Trainer, Training

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
THERE, ABSENT = DayMarks(), DayMarks(absent=True)


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


class Team:
    """Nine seats, some named, at 12-13 March 2018, 9-17 Chicago time; its trainer keeps the roll call."""

    def __init__(self, people: int = 6, *, start: int = 0, **more: object) -> None:
        self.coordinator = CoordinatorFactory(email="dana@example.org")
        self.trainer = TrainerFactory().person
        membership = MembershipFactory(organization=self.coordinator.organization)
        training = TrainingFactory(trainers=[])
        self.booking: Booking = BookingFactory(
            training=training, membership=membership, by=self.coordinator.person, seats=people, **more
        )
        self.places = list(name_people(self.booking, people, by=self.coordinator.person, start=start))
        self.training: Training = training

    def mark(self, number: int, *days: DayMarks, now: datetime | None = None) -> None:
        for day, marks in enumerate(days, start=1):
            actions.mark(place_id=self.places[number].pk, day=day, marks=marks, by=self.trainer, now=now or self.training.starts_at)

    def mark_all(self) -> None:
        for day in (1, 2):
            actions.mark_team(booking_id=self.booking.pk, marks={}, rest_on=day, by=self.trainer, now=self.training.starts_at)

    def confirm(self, now: datetime | None = None) -> None:
        actions.confirm_attendance(booking_id=self.booking.pk, by=self.trainer, now=now or self.training.ends_at)

    def seats(self) -> tuple[int, int, int]:
        """(reserved, used, forfeited) as stored."""
        row = Membership.objects.get(pk=self.booking.membership_id)
        return row.reserved, row.used, row.forfeited

    def outcomes(self) -> list[tuple[str, int | None]]:
        return list(Place.objects.filter(booking=self.booking).order_by("pk").values_list("outcome", "minutes_missed"))


def teaching_starts(training: Training, minutes: int) -> time:
    """The wall-clock time so many minutes after the first session of day 1 begins."""
    first = min(item["starts_after"] for item in training.agenda if item["day"] == 1 and item["kind"] == "session")
    at = datetime.combine(training.starts_on, training.starts) + timedelta(minutes=first + minutes)
    return at.time()


# marking


def test_marks_are_kept_from_the_first_minute_until_they_are_confirmed() -> None:
    team = Team()
    with pytest.raises(UnableToMark, match="has not begun"):
        team.mark(0, THERE, now=team.training.starts_at - TICK)
    team.mark(0, DayMarks(late=time(9, 20), away=((time(14), time(14, 30)),)))
    team.mark(0, DayMarks(late=time(9, 25)))
    row = RollCall.objects.get()
    assert (row.marks(), row.saved_by) == (DayMarks(late=time(9, 25)), team.trainer)
    team.mark_all()
    team.confirm()
    with pytest.raises(UnableToMark, match="confirmed already"):
        team.mark(0, THERE, now=team.training.ends_at)


@pytest.mark.parametrize(
    ("day", "marks", "sentence"),
    [
        (3, THERE, "The training has 2 days."),
        (0, THERE, "The training has 2 days."),
        (1, DayMarks(late=time(8, 59)), "lies outside the training"),
        (1, DayMarks(late=time(12), left=time(11)), "cannot have left"),
        (1, DayMarks(absent=True, late=time(10)), "absent"),
        (1, DayMarks(away=((time(10), time(10)),)), "does not come after"),
    ],
)
def test_a_mark_that_does_not_hold_names_the_person_and_is_not_kept(day: int, marks: DayMarks, sentence: str) -> None:
    team = Team()
    with pytest.raises(UnableToMark, match=sentence):
        actions.mark(place_id=team.places[0].pk, day=day, marks=marks, by=team.trainer, now=team.training.starts_at)
    assert RollCall.objects.count() == 0


def test_marking_all_leaves_what_was_marked() -> None:
    team = Team()
    team.mark(2, ABSENT)
    actions.mark_team(booking_id=team.booking.pk, marks={}, rest_on=1, by=team.trainer, now=team.training.starts_at)
    assert [row.absent for row in RollCall.objects.order_by("place")] == [False, False, True, False, False, False]


def test_a_team_is_marked_whole_or_not_at_all_and_no_other() -> None:
    team, other = Team(), Team.__new__(Team)
    stranger = name_people(BookingFactory(training=team.training, seats=6), 1, by=StaffFactory(), start=12)[0]
    marks = {(team.places[0].pk, 1): THERE, (stranger.pk, 1): ABSENT}
    actions.mark_team(booking_id=team.booking.pk, marks=marks, by=team.trainer, now=team.training.starts_at)
    assert [row.place for row in RollCall.objects.all()] == [team.places[0]]
    bad = {(team.places[1].pk, 1): THERE, (team.places[2].pk, 1): DayMarks(late=time(8))}
    with pytest.raises(UnableToMark):
        actions.mark_team(booking_id=team.booking.pk, marks=bad, by=team.trainer, now=team.training.starts_at)
    assert RollCall.objects.count() == 1
    assert not hasattr(other, "booking")


# marks that come late, twice, out of order


def stamped(number: int, minutes: int, *, rest: bool = False) -> Stamp:
    return Stamp(key=UUID(int=number), made_at=datetime(2018, 3, 12, 15, minutes, tzinfo=UTC), rest=rest)


def test_in_every_order_of_arrival_the_same_mark_stands_and_each_is_kept_once() -> None:
    team = Team()
    now = team.training.starts_at + timedelta(hours=2)
    sent = [
        (stamped(1, 0), DayMarks(late=time(9, 20))),
        (stamped(2, 5), ABSENT),
        (stamped(3, 9, rest=True), THERE),
        (stamped(4, 5), DayMarks(left=time(12))),  # of the same instant as the second: the greater key
    ]
    for place, order in zip(team.places * 4, permutations(sent), strict=True):
        RollCall.objects.filter(place=place).delete()
        RollCallMark.objects.filter(place=place).delete()
        for stamp, marks in (*order, *reversed(order), *order):
            kept = actions.mark(place_id=place.pk, day=1, marks=marks, by=team.trainer, now=now, stamp=stamp)
            stands = RollCall.objects.get(place=place, day=1).marks()
            assert (kept.row.marks(), kept.stands) == (stands, stands == marks)
        assert stands == DayMarks(left=time(12))
        assert RollCallMark.objects.filter(place=place).count() == 4


def test_all_the_others_never_overwrites_what_was_said_of_a_person_before_or_after() -> None:
    team = Team()
    now = team.training.starts_at + timedelta(hours=2)
    rest, said = stamped(1, 9, rest=True), stamped(2, 1)  # said earlier, on a phone without a connection; comes later
    for stamp, marks in ((rest, THERE), (said, ABSENT), (stamped(3, 30, rest=True), THERE)):
        actions.mark(place_id=team.places[0].pk, day=1, marks=marks, by=team.trainer, now=now, stamp=stamp)
    assert RollCall.objects.get().absent


def test_marking_all_gives_way_to_what_was_said_before_and_comes_later() -> None:
    team = Team()
    now = team.training.starts_at + timedelta(hours=2)
    actions.mark_team(booking_id=team.booking.pk, marks={}, rest_on=1, by=team.trainer, now=now)
    actions.mark(place_id=team.places[0].pk, day=1, marks=ABSENT, by=team.trainer, now=now + TICK, stamp=stamped(1, 1))
    assert [row.absent for row in RollCall.objects.order_by("place")] == [True, *[False] * 5]


def test_a_clock_that_runs_ahead_does_not_outlive_what_is_marked_later() -> None:
    team = Team()
    now = team.training.starts_at + timedelta(minutes=10)
    ahead = Stamp(key=UUID(int=9), made_at=now + timedelta(days=400))
    actions.mark(place_id=team.places[0].pk, day=1, marks=ABSENT, by=team.trainer, now=now, stamp=ahead)
    assert RollCallMark.objects.get().made_at == now
    team.mark(0, THERE, now=now + timedelta(minutes=1))
    assert not RollCall.objects.get().absent


def test_a_retry_is_answered_as_before_also_after_the_confirmation_and_a_new_one_is_refused() -> None:
    team = Team()
    sent = {"place_id": team.places[0].pk, "day": 1, "by": team.trainer, "stamp": stamped(1, 0)}
    actions.mark(marks=DayMarks(late=time(9, 20)), now=team.training.starts_at, **sent)
    team.mark_all()
    team.confirm()
    kept = actions.mark(marks=DayMarks(late=time(9, 20)), now=team.training.ends_at, **sent)
    assert (kept.stands, kept.row.late) == (True, time(9, 20))
    with pytest.raises(UnableToMark, match="confirmed already"):
        actions.mark(marks=ABSENT, now=team.training.ends_at, **{**sent, "stamp": stamped(2, 1)})


def test_the_audit_sees_a_roll_call_that_is_not_what_its_newest_mark_says() -> None:
    team = Team()
    team.mark(0, THERE, ABSENT)
    RollCall.objects.filter(day=1).update(absent=True)
    (finding,) = run_audits()
    assert str(finding.sentence) == "its newest mark says “there”, the roll call “absent”"
    RollCall.objects.filter(day=1).update(absent=False)


# confirming


def test_what_is_confirmed_is_what_was_shown() -> None:
    team = Team()
    team.mark_all()
    shown = queries.fingerprint_of(queries.roll_call(team.training)[0].places)
    team.mark(3, ABSENT)
    with pytest.raises(UnableToConfirm, match="has changed since"):
        actions.confirm_attendance(booking_id=team.booking.pk, by=team.trainer, now=team.training.ends_at, seen=shown)
    assert team.seats() == (6, 0, 0)
    team.mark(3, THERE)
    actions.confirm_attendance(booking_id=team.booking.pk, by=team.trainer, now=team.training.ends_at, seen=shown)
    assert team.seats() == (0, 6, 0)
    with pytest.raises(UnableToConfirmAttendance, match="confirmed already"):  # not that somebody has changed it
        actions.confirm_attendance(booking_id=team.booking.pk, by=team.trainer, now=team.training.ends_at, seen="another")


def test_attendance_can_be_confirmed_long_after_also_when_the_membership_has_ended() -> None:
    """The seats of a team settle when its trainer gets to it: the year's end forfeits only what was never booked."""
    team = Team()
    team.mark(0, ABSENT, ABSENT)
    team.mark_all()
    membership = Membership.objects.get(pk=team.booking.membership_id)
    late = datetime(membership.last_on.year + 1, membership.last_on.month, 15, 12, 30, tzinfo=UTC)
    runs.run(now=late)
    membership.refresh_from_db()
    assert (membership.available, membership.reserved) == (0, 6)
    team.confirm(now=late + timedelta(hours=1))
    assert team.seats()[:2] == (0, 5)
    passed = Notice.objects.filter(letter="trainees.passed").first()
    assert passed is not None
    assert "Mon 11 Jun 2018" in composing.preview(passed, now=late)[1]  # the plain date, until staff extend it (R25)


def test_confirming_uses_and_forfeits_seats_and_tells_everybody_once() -> None:
    heard: list[tuple[str, str]] = []

    def listen(sender: object, *, place: Place, before: str, **more: object) -> None:
        heard.append((before, place.outcome))

    attendance_confirmed.connect(listen)
    try:
        team = Team()
        team.mark(0, ABSENT, ABSENT)
        team.mark(1, DayMarks(late=teaching_starts(team.training, 60)))
        team.mark(2, DayMarks(late=teaching_starts(team.training, 61)))
        team.mark_all()
        team.confirm()
    finally:
        attendance_confirmed.disconnect(listen)
    assert [outcome for outcome, _minutes in team.outcomes()] == [
        "not_passed",
        "passed",
        "not_passed",
        "passed",
        "passed",
        "passed",
    ]
    assert [minutes for _outcome, minutes in team.outcomes()][1:] == [60, 61, 0, 0, 0]
    assert team.seats() == (0, 4, 2)
    rows = LedgerEntry.objects.filter(rule="R15").order_by("pk")
    assert [(row.subject_label, row.subject_id, row.target, row.forfeit_rule) for row in rows] == [
        ("trainees.place", place.pk, "forfeited" if number in (0, 2) else "used", "R15" if number in (0, 2) else "")
        for number, place in enumerate(team.places)
    ]
    assert [row.reason for row in rows][:3] == [
        "You were present for none of the teaching.",
        "60 of 670 minutes of teaching were missed; up to 60 pass.",
        "61 of 670 minutes of teaching were missed; up to 60 pass.",
    ]
    team.booking.refresh_from_db()
    team.training.refresh_from_db()
    assert (team.booking.attendance_confirmed_at, team.training.state) == (team.training.ends_at, "held")
    assert sorted(heard) == [("", "not_passed")] * 2 + [("", "passed")] * 4
    letters = Notice.objects.filter(code="L10").order_by("letter").values_list("letter", flat=True)
    assert list(letters) == ["trainees.not_passed"] * 2 + ["trainees.not_passed_team"] * 2 + ["trainees.passed"] * 4
    with pytest.raises(UnableToConfirmAttendance, match="confirmed already"):
        team.confirm()
    assert team.seats() == (0, 4, 2)


def test_the_second_team_of_a_training_is_confirmed_when_the_training_is_held_already() -> None:
    first = Team()
    coordinator = CoordinatorFactory(email="omar@example.org").person
    membership = MembershipFactory()
    booking = BookingFactory(training=first.training, membership=membership, by=coordinator, seats=6)
    name_people(booking, 6, by=coordinator, start=6)
    first.mark_all()
    first.confirm()
    for number in (1, 2):
        actions.mark_team(booking_id=booking.pk, marks={}, rest_on=number, by=first.trainer, now=first.training.ends_at)
    later = first.training.ends_at + timedelta(days=2)
    actions.confirm_attendance(booking_id=booking.pk, by=first.trainer, now=later)
    first.training.refresh_from_db()
    membership.refresh_from_db()
    assert (first.training.state, membership.used, first.seats()) == ("held", 6, (0, 6, 0))
    assert sorted(Booking.objects.values_list("attendance_confirmed_at", flat=True)) == [first.training.ends_at, later]


def test_nothing_is_confirmed_before_the_end_nor_with_somebody_unmarked() -> None:
    team = Team()
    team.mark(0, THERE, THERE)
    with pytest.raises(UnableToConfirm, match="Not marked on each day yet: Björn Åkesson"):
        team.confirm()
    team.mark_all()
    with pytest.raises(UnableToConfirmAttendance, match="when the training is over"):
        team.confirm(now=team.training.ends_at - TICK)
    assert (team.seats(), set(team.outcomes())) == ((6, 0, 0), {("", None)})
    assert not Notice.objects.filter(code="L10").exists()


def test_a_cancelled_booking_has_nothing_to_confirm() -> None:
    team = Team()
    cancel_booking(booking_id=team.booking.pk, why="ill", by=team.coordinator.person, now=EPOCH)
    with pytest.raises(UnableToConfirmAttendance, match="was cancelled"):
        team.confirm()


def test_thirty_and_thirty_one_minutes_do_not_pass_thirty_and_thirty_do() -> None:
    team = Team()
    day_two = min(item["starts_after"] for item in team.training.agenda if item["day"] == 2 and item["kind"] == "session")
    for number, minutes in ((0, 30), (1, 31)):
        late = (datetime.combine(date(2018, 3, 13), time(9)) + timedelta(minutes=day_two + minutes)).time()
        team.mark(number, DayMarks(late=teaching_starts(team.training, 30)), DayMarks(late=late))
    team.mark_all()
    team.confirm()
    assert team.outcomes()[:2] == [("passed", 60), ("not_passed", 61)]


# staff


def test_an_excuse_that_is_given_while_the_training_runs_lasts_a_year_beyond_its_end() -> None:
    team, staff = Team(), StaffFactory()
    values = {"place_id": team.places[0].pk, "ground": Ground.EMERGENCY, "why": "A fire alarm.", "by": staff}
    record = actions.excuse(now=team.training.starts_at, **values)
    assert (record.until, record.used_at) == (team.training.ends_at + timedelta(days=365), None)


def test_a_correction_takes_the_seat_back_and_moves_it_anew_and_tells_the_person() -> None:
    team, staff = Team(), StaffFactory()
    team.mark(0, ABSENT, ABSENT)
    team.mark_all()
    team.confirm()
    later = team.training.ends_at + timedelta(days=3)
    for why, sentence in ((" ", "Say why"),):
        with pytest.raises(UnableToMark, match=sentence):
            actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=THERE, why=why, by=staff, now=later)
    actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=THERE, why="In the other room.", by=staff, now=later)
    assert (team.outcomes()[0], team.seats()) == (("not_passed", 335), (0, 5, 1))
    told = Notice.objects.filter(letter="trainees.not_passed", to_person=team.places[0].person).order_by("pk")
    assert len(told) == 2  # what the first letter said is not so: none of the teaching
    with pytest.raises(Exception, match="corrected"):
        composing.preview(told[0], now=later)
    assert "335 of 670 minutes of teaching were missed" in composing.preview(told[1], now=later)[1]
    actions.correct_attendance(place_id=team.places[0].pk, day=2, marks=THERE, why="In the other room.", by=staff, now=later)
    assert (team.outcomes()[0], team.seats()) == (("passed", 0), (0, 6, 0))
    moved = LedgerEntry.objects.order_by("-pk").values_list("event", "source", "target")[:2]
    assert list(moved) == [("use", "reserved", "used"), ("correct", "forfeited", "reserved")]
    lines = JournalEntry.objects.filter(what="attendance_corrected").order_by("pk")
    assert [(line.why, line.old, line.new) for line in lines] == [
        ("In the other room.", {"day": day, "marks": "absent"}, {"day": day, "marks": "there"}) for day in (1, 2)
    ]
    for stale in Notice.objects.filter(letter="trainees.not_passed"):
        with pytest.raises(Exception, match="corrected"):
            composing.preview(stale, now=later)
    actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=ABSENT, why="A mistake.", by=staff, now=later)
    assert (team.outcomes()[0][0], team.seats()) == ("not_passed", (0, 5, 1))


def gave_to_the_membership(team: Team, staff: Person, *, seats: int, now: datetime) -> None:
    """What R15 took of a team; the membership is left with no other seats than these."""
    why = {"why": "Illness.", "by": staff, "now": now}
    membership = Membership.objects.get(pk=team.booking.membership_id)
    withdraw(membership=membership, seats=membership.available, **why)
    restore_seats(booking_id=team.booking.pk, seats=seats, rule="R15", to_reserved=False, until=now + timedelta(days=60), **why)


def test_who_is_corrected_after_the_seat_was_given_to_the_membership_takes_a_seat_of_it_again() -> None:
    team, staff = Team(), StaffFactory()
    team.mark(0, ABSENT, ABSENT)
    team.mark(1, ABSENT, ABSENT)
    team.mark_all()
    team.confirm()
    later = team.training.ends_at + timedelta(days=3)
    gave_to_the_membership(team, staff, seats=2, now=later)
    membership = Membership.objects.get(pk=team.booking.membership_id)
    assert (membership.available, team.seats()) == (2, (0, 4, 0))
    for day in (1, 2):
        actions.correct_attendance(place_id=team.places[0].pk, day=day, marks=THERE, why="In the room.", by=staff, now=later)
    membership.refresh_from_db()
    team.booking.refresh_from_db()
    assert (team.outcomes()[0], membership.available, team.seats(), team.booking.seats) == (("passed", 0), 1, (0, 5, 0), 5)
    entry = LedgerEntry.objects.get(event="reserve", rule="R15")
    assert (
        entry.reason == "What R15 took was given to the membership: a seat of it is reserved again. You were present for all of it."
    )
    assert list(run_audits()) == []  # with one of six people whose seat is still the membership's
    actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=ABSENT, why="No.", by=staff, now=later)
    assert team.seats() == (0, 4, 1)
    actions.excuse(place_id=team.places[1].pk, ground=Ground.EMERGENCY, why="Ill.", by=staff, now=later)
    assert team.seats() == (0, 5, 0)


def test_who_is_corrected_after_the_seat_was_given_away_and_used_needs_an_extra_seat() -> None:
    team, staff = Team(), StaffFactory()
    team.mark(0, DayMarks(late=teaching_starts(team.training, 61)))
    team.mark_all()
    team.confirm()
    later = team.training.ends_at + timedelta(days=3)
    gave_to_the_membership(team, staff, seats=1, now=later)
    membership = Membership.objects.get(pk=team.booking.membership_id)
    withdraw(membership=membership, seats=1, why="Reduced.", by=staff, now=later)
    values = {"place_id": team.places[0].pk, "day": 1, "marks": THERE, "why": "In the room.", "by": staff, "now": later}
    with pytest.raises(UnableToMoveSeats, match="has no seat left for this person: add an extra seat first"):
        actions.correct_attendance(**values)
    assert (team.outcomes()[0], JournalEntry.objects.filter(what="attendance_corrected").count()) == (("not_passed", 61), 0)
    grant_extra(membership=membership, seats=1, why="For the correction.", by=staff, now=later)
    actions.correct_attendance(**values)
    assert (team.outcomes()[0], team.seats()) == (("passed", 0), (0, 6, 0))


@pytest.mark.parametrize("marks", [DayMarks(left=time(16, 59, 30)), DayMarks(late=time(9, 0, 20))])
def test_a_correction_that_changes_nothing_of_the_outcome_moves_no_seat_and_tells_nobody(marks: DayMarks) -> None:
    team, staff = Team(), StaffFactory()
    team.mark_all()
    team.confirm()
    before = (LedgerEntry.objects.count(), Notice.objects.count())
    later = team.training.ends_at + timedelta(days=3)
    actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=marks, why="By the clock.", by=staff, now=later)
    assert (team.outcomes()[0], LedgerEntry.objects.count(), Notice.objects.count()) == (("passed", 0), *before)
    assert JournalEntry.objects.filter(what="attendance_corrected").count() == 1
    assert JournalEntry.objects.filter(what="attendance_settled").count() == 6


def test_a_pass_with_other_minutes_is_no_news_and_the_minutes_are_kept() -> None:
    team, staff = Team(), StaffFactory()
    team.mark_all()
    team.confirm()
    count = Notice.objects.count()
    later, place = team.training.ends_at + timedelta(days=3), team.places[0]
    marks = DayMarks(late=teaching_starts(team.training, 60))
    actions.correct_attendance(place_id=place.pk, day=1, marks=marks, why="Came late.", by=staff, now=later)
    place.refresh_from_db()
    assert (place.outcome, place.minutes_missed, place.outcome_at, Notice.objects.count()) == ("passed", 60, later, count)


def test_who_still_does_not_pass_for_as_many_minutes_is_told_nothing_new() -> None:
    team, staff = Team(), StaffFactory()
    team.mark(0, THERE, ABSENT)
    team.mark_all()
    team.confirm()
    lunch = next(row for row in team.training.agenda if row["day"] == 1 and row["kind"] == "lunch")
    at = datetime.combine(team.training.starts_on, team.training.starts) + timedelta(minutes=lunch["starts_after"])
    count, later = Notice.objects.count(), team.training.ends_at + timedelta(days=3)
    away = DayMarks(away=((at.time(), (at + timedelta(minutes=lunch["minutes"])).time()),))
    actions.correct_attendance(place_id=team.places[0].pk, day=1, marks=away, why="Ate out.", by=staff, now=later)
    assert (team.outcomes()[0], Notice.objects.count()) == (("not_passed", 335), count)


def test_a_team_that_is_not_coming_any_more_is_not_marked() -> None:
    team = Team()
    cancel_booking(booking_id=team.booking.pk, why="ill", by=team.coordinator.person, now=EPOCH)
    team.mark_all()
    assert not RollCallMark.objects.exists()


def test_nothing_is_corrected_before_it_is_confirmed() -> None:
    team = Team()
    with pytest.raises(UnableToMark, match="not confirmed yet"):
        actions.correct_attendance(
            place_id=team.places[0].pk, day=1, marks=THERE, why="x", by=StaffFactory(), now=team.training.ends_at
        )


@pytest.mark.parametrize("before", [True, False], ids=["before the confirmation", "after it"])
def test_an_excuse_lets_a_person_pass_and_stays_with_the_place(before: bool) -> None:
    team, staff = Team(), StaffFactory()
    team.mark(0, ABSENT, THERE)
    team.mark_all()
    later = team.training.ends_at + timedelta(days=2)
    place = team.places[0]

    def excuse() -> PlaceException:
        return actions.excuse(place_id=place.pk, ground=Ground.EMERGENCY, why="A fire alarm.", by=staff, now=later)

    if before:
        record = excuse()
        team.confirm(now=later + TICK)
    else:
        team.confirm(now=later - TICK)
        assert team.outcomes()[0][0] == "not_passed"
        record = excuse()
    record.refresh_from_db()
    assert (team.outcomes()[0][0], team.seats(), record.used_at is not None) == ("passed", (0, 6, 0), True)
    verdict = queries.attendance_verdict(place, now=later + timedelta(days=900))
    assert (verdict.answer, verdict.exception is not None) == ("allowed", True)
    assert "minutes" in verdict.sentence


# the letters


def test_the_letters_say_the_verdicts_sentence_and_what_to_do_by_when() -> None:
    team = Team()
    team.mark(0, DayMarks(late=teaching_starts(team.training, 61)))
    team.mark_all()
    team.confirm()
    letters = {
        name: composing.preview(Notice.objects.filter(letter=f"trainees.{name}").order_by("pk")[0], now=team.training.ends_at)
        for name in ("passed", "not_passed", "not_passed_team")
    }
    subject, text = letters["passed"]
    assert subject == "You attended: instructor training of 12–13 Mar 2018"
    assert "Mon 11 Jun 2018" in text  # 13 March + 90 days
    subject, text = letters["not_passed"]
    assert subject == "Not passed: instructor training of 12–13 Mar 2018"
    assert "61 of" in text
    assert "61 of" in letters["not_passed_team"][1]
    assert letters["not_passed_team"][0] == "Ana Silva did not pass: training of 12–13 Mar 2018"
    assert datetime(2018, 3, 13, 22, tzinfo=UTC) == team.training.ends_at


# L9, the desk, admin


def wanted() -> list[str]:
    rows = Notice.objects.filter(letter="trainees.attendance_wanted").exclude(state="cancelled").order_by("pk")
    return [row.occasion for row in rows]


def night(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, 30, tzinfo=UTC)


def test_trainers_are_asked_when_it_is_over_and_again_after_three_days() -> None:
    team = Team()
    trainer = TrainerFactory(email="nora@example.org")
    set_trainers(training=team.training, trainers=[trainer], by=None, now=EPOCH)
    for on in (date(2018, 3, 13), date(2018, 3, 14), date(2018, 3, 15), date(2018, 3, 16)):
        runs.run(now=night(on))
    assert wanted() == ["attendance:2018-03-13"]
    runs.run(now=night(date(2018, 3, 17)))
    runs.run(now=night(date(2018, 3, 25)))
    assert wanted() == ["attendance:2018-03-13", "attendance:2018-03-16"]
    subject, text = composing.preview(Notice.objects.filter(letter="trainees.attendance_wanted")[0], now=night(date(2018, 3, 17)))
    assert subject == "Roll call wanted: training of 12–13 Mar 2018, Chicago time"
    assert "Please confirm who was there." in text
    assert [item.text for item in attendance_wanted(night(date(2018, 3, 17))).items] == [str(team.training)]


def test_after_a_missed_week_only_the_newest_is_sent_and_none_once_it_is_confirmed() -> None:
    team = Team()
    set_trainers(training=team.training, trainers=[TrainerFactory()], by=None, now=EPOCH)
    other = Team(start=20)
    set_trainers(training=other.training, trainers=[TrainerFactory()], by=None, now=EPOCH)
    other.mark_all()
    other.confirm()
    runs.run(now=night(date(2018, 3, 24)))
    assert wanted() == ["attendance:2018-03-16"]
    assert attendance_wanted(night(date(2018, 3, 24))).items[0].text == str(team.training)


def test_staff_excuse_and_correct_by_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team()
    team.mark(0, ABSENT, ABSENT)
    team.mark_all()
    team.confirm()
    monkeypatch.setattr(clock, "now", lambda: team.training.ends_at + timedelta(days=1))
    client = Client()
    client.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")

    def press(number: int, name: str, **values: str | list[str]) -> str:
        path = f"/admin/trainees/place/{team.places[number].pk}/do/{name}/"
        found = re.search(r'name="once" value="([0-9a-f]{32})"', client.get(path).content.decode())
        assert found
        return client.post(path, {**values, "once": found[1]}, follow=True).content.decode()

    story = client.get(f"/admin/trainees/place/{team.places[0].pk}/do/excuse/").content.decode()
    assert "Day 1: absent" in story
    assert "What the person reads: You were present for none of the teaching." in story
    assert "This field is required." in press(0, "excuse", ground="emergency", why=" ")
    assert "Times go with" in press(1, "correct", day="1", how="absent", late="10:00", why="x")
    assert "The training has 2 days." in press(1, "correct", day="3", how="absent", why="x")
    assert team.seats() == (0, 5, 1)
    press(0, "excuse", ground="emergency", why="A fire alarm.")
    press(1, "correct", day="1", how="absent", why="It was somebody else.")
    assert [outcome for outcome, _minutes in team.outcomes()][:2] == ["passed", "not_passed"]
    assert team.seats() == (0, 5, 1)
    away = {"away-out": ["09:10", "10:00", ""], "away-back": ["09:20", "10:05", ""]}
    press(1, "correct", day="1", how="part", why="It was she, but for two calls.", **away)
    assert team.outcomes()[1] == ("passed", 15)
    assert "Day 1: away 09:10 to 09:20, away 10:00 to 10:05" in html.unescape(
        client.get(f"/admin/trainees/place/{team.places[1].pk}/do/correct/").content.decode()
    )


def test_nobody_is_asked_for_what_was_before_the_portal_nor_marked_once_taken_off() -> None:
    team = Team()
    set_trainers(training=team.training, trainers=[TrainerFactory()], by=None, now=EPOCH)
    Training.objects.filter(pk=team.training.pk).update(enforced_from_on=date(2018, 3, 20))
    runs.run(now=night(date(2018, 3, 18)))
    assert wanted() == []
    gone = team.places[5]
    name_people(team.booking, 5, by=team.coordinator.person)
    with pytest.raises(UnableToMark, match="was taken off the list"):
        actions.mark(place_id=gone.pk, day=1, marks=THERE, by=team.trainer, now=team.training.starts_at)


def test_nobody_is_excused_before_the_training_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team()
    client = Client()
    client.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    path = f"/admin/trainees/place/{team.places[0].pk}/"
    for now, offered in ((team.training.starts_at - TICK, False), (team.training.starts_at, True)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        assert ("do/excuse/" in client.get(f"{path}change/").content.decode()) is offered
    assert "Nobody has marked this person yet." in client.get(f"{path}do/excuse/").content.decode()


# seats, once attendance is confirmed


def test_seats_added_after_the_list_closed_and_named_by_nobody_are_forfeited_with_the_confirmation() -> None:
    """They were reserved for ever: the closing of the list does not come again, and nobody used them."""
    team = Team(6)
    runs.run(now=team.training.starts_at - timedelta(days=10))
    more = {"by": StaffFactory(), "now": team.training.starts_at - timedelta(days=9), "staff_reason": "Two more come."}
    change_seats(booking_id=team.booking.pk, seats=8, **more)
    team.mark_all()
    team.confirm()
    assert team.seats() == (0, 6, 2)
    entry = LedgerEntry.objects.latest("pk")
    sentence = "2 seats have no name, and with the confirmed roll call none can come: they are forfeited."
    assert (entry.seats, entry.target, entry.forfeit_rule, entry.reason) == (2, "forfeited", "P6", sentence)
    line = JournalEntry.objects.get(what="seats_forfeited")
    assert (line.rule, line.why, line.new, line.by) == ("P6", sentence, {"seats": 2}, team.trainer)
    assert {subject.label for subject in line.subjects.all()} >= {"trainings.booking", "memberships.membership"}


def test_who_confirms_reads_before_what_is_forfeited_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team(6)
    more = {"by": StaffFactory(), "now": team.training.starts_at - timedelta(days=9), "staff_reason": "Two more come."}
    path = f"/trainings/{team.training.code}/attendance/{team.booking.pk}/confirm/"
    set_trainers(training=team.training, trainers=[Trainer.objects.get(person=team.trainer)], by=None, now=EPOCH)
    team.mark_all()
    monkeypatch.setattr(clock, "now", lambda: team.training.ends_at)
    client = Client()
    client.force_login(team.trainer, backend="carpentries_portal.common.backends.PersonBackend")
    assert "have no name" not in client.get(path).content.decode()
    change_seats(booking_id=team.booking.pk, seats=8, **more)
    assert "2 seats have no name, and with the confirmed roll call none can come" in client.get(path).content.decode()


def test_a_booking_whose_attendance_is_confirmed_is_neither_left_nor_changed_nor_moved() -> None:
    team, staff = Team(6), StaffFactory()
    team.mark_all()
    team.confirm()
    later = TrainingFactory(starts_on=date(2018, 5, 14))
    values = {"booking_id": team.booking.pk, "by": staff, "now": team.training.ends_at}
    said = "is confirmed, so its seats are settled: correct a person’s attendance, or restore a seat that was forfeited"
    for act in (
        lambda: cancel_booking(why="w", as_staff=True, **values),
        lambda: change_seats(seats=8, staff_reason="w", **values),
        lambda: change_seats(seats=5, staff_reason="w", **values),
        lambda: move_booking(to_training_id=later.pk, staff_reason="w", **values),
    ):
        with pytest.raises(UnableToChangeBooking, match=said):
            act()
    assert (team.seats(), Booking.objects.get().state) == ((0, 6, 0), "confirmed")
    assert {place.state for place in Place.objects.all()} == {"active"}
