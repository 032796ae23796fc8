"""A training gets new dates (P8): every consequence for bookings, seats, rosters, people, requests, letters and nights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from carpentries_portal.common import exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import composing
from memberships.actions import end_early
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees import request_queries
from trainees.actions import accept_roster, ask_changes, confirm_attendance, mark, mark_team, send_invitations
from trainees.factories import name_people, named
from trainees.models import Place, PlaceException, RosterRequest
from trainees.policy import DayMarks
from trainings import actions, feeds, queries, timeline
from trainings.actions import (
    MovedTraining,
    ask_exception,
    ask_roster_date,
    cancel_booking,
    move_training,
)
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException
from trainings.tests.ics_reader import read_ics

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
CLOSED = datetime(2018, 2, 22, 18, tzinfo=UTC)  # D(18): the roster closed on 19 February, end of day
MAY = date(2018, 5, 14)


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield", email="dana@example.org")


@pytest.fixture
def ines() -> Person:
    return StaffFactory(name="Ines Moreau")


@pytest.fixture
def training() -> Training:
    """12-13 March 2018, 9-17 Chicago time; sign-up to 12 February, names to 19 February."""
    return TrainingFactory(trainers=[TrainerFactory(name="Nora Weiss", email="nora@example.org")])


@pytest.fixture
def team(training: Training, dana: Coordinator) -> Booking:
    """Nine seats of fifteen."""
    return BookingFactory(training=training, membership=MembershipFactory(organization=dana.organization), by=dana.person, seats=9)


def night(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, 30, tzinfo=UTC)


def moving(training: Training, by: Person, *, now: datetime = NOW, first: date = MAY, **changes: Any) -> MovedTraining:
    values: dict[str, Any] = {"ends_on": first + timedelta(days=1), "starts": time(9), "ends": time(17), "zone": "America/Chicago"}
    schedule = Schedule(starts_on=first, **{**values, **changes})
    return move_training(training_id=training.pk, schedule=schedule, why="The trainer is ill.", by=by, now=now)


def seats(booking: Booking) -> tuple[int, int, int]:
    row = Membership.objects.get(pk=booking.membership_id)
    return row.available, row.reserved, row.forfeited


def mark_all(booking: Booking, by: Person, *, now: datetime) -> None:
    for day in (1, 2):
        mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=by, now=now)


def fresh(booking: Booking) -> Booking:
    return Booking.objects.select_related("training__edition", "membership__organization", "reservation").get(pk=booking.pk)


def waiting(letter: str = "") -> list[tuple[str, str]]:
    rows = Notice.objects.filter(state=NoticeState.QUEUED, letter__contains=letter)
    return sorted(rows.values_list("letter", "to_address"))


# dates


def test_days_cut_offs_instants_and_round_are_the_new_ones_and_code_and_edition_stay(training: Training, ines: Person) -> None:
    edition, code = training.edition, training.code
    moving(training, ines, zone="Europe/Paris", starts=time(10))
    training.refresh_from_db()
    assert (training.starts_on, training.ends_on, training.zone) == (MAY, date(2018, 5, 15), "Europe/Paris")
    assert (training.starts_at, training.ends_at) == (
        datetime(2018, 5, 14, 8, tzinfo=UTC),
        datetime(2018, 5, 15, 15, tzinfo=UTC),
    )
    assert (training.sign_up_until, training.roster_until) == (date(2018, 4, 16), date(2018, 4, 23))
    assert (training.round, training.moved_at, training.edition, training.code) == (1, NOW, edition, code)
    entry = JournalEntry.objects.get(what="training_moved")
    assert (entry.by, entry.rule, entry.why) == (
        ines,
        "P8",
        "Moved from 12–13 Mar 2018 to 14–15 May 2018, Paris time: The trainer is ill.",
    )
    assert (entry.old["first_day"], entry.new["first_day"], entry.new["sign_up_until"]) == (
        "2018-03-12",
        "2018-05-14",
        "2018-04-16",
    )


def test_agenda_is_clipped_anew_to_other_hours_and_whole_again_afterwards(training: Training, ines: Person) -> None:
    whole = training.agenda
    moved = moving(training, ines, ends=time(12))
    training.refresh_from_db()
    assert moved.cut
    assert max(item["starts_after"] + item["minutes"] for item in training.agenda) == 180
    moving(training, ines, first=date(2018, 6, 4))
    training.refresh_from_db()
    assert training.agenda == whole


def test_agenda_that_staff_made_is_clipped_and_not_replaced(training: Training, ines: Person) -> None:
    training.agenda = [
        {"day": 1, "title": "Ours", "kind": "session", "starts_after": 0, "minutes": 300},
        {"day": 2, "title": "Second day", "kind": "session", "starts_after": 0, "minutes": 60},
    ]
    training.save()
    moved = moving(training, ines, first=date(2018, 6, 4), ends_on=date(2018, 6, 4), ends=time(12))
    training.refresh_from_db()
    assert training.agenda == [{"day": 1, "title": "Ours", "kind": "session", "starts_after": 0, "minutes": 180}]
    assert list(moved.cut) == ["Ours", "Second day"]


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("no reason", "Say why the training is moved: everybody who is told reads it."),
        ("no zone", "“Mars/Olympus” is not a time zone."),
        ("cancelled", "This training was cancelled: announce another one."),
        ("held", "This training took place: it cannot be moved any more."),
        ("marked", "Its roll call has begun: what took place is not moved."),
    ],
)
def test_refused_move_changes_nothing(
    training: Training, team: Booking, dana: Coordinator, ines: Person, case: str, sentence: str
) -> None:
    now, why, zone = NOW, "The trainer is ill.", "America/Chicago"
    if case == "no reason":
        why = "  "
    elif case == "no zone":
        zone = "Mars/Olympus"
    elif case == "cancelled":
        actions.cancel_training(training_id=training.pk, why="No trainer.", by=ines, now=NOW)
    else:
        (place, *_others) = name_people(team, 9, by=dana.person)
        now = datetime(2018, 3, 14, 12, tzinfo=UTC)
        mark(place_id=place.pk, day=1, marks=DayMarks(), by=ines, now=datetime(2018, 3, 12, 18, tzinfo=UTC))
        if case == "held":
            mark_all(team, ines, now=now)
            confirm_attendance(booking_id=team.pk, by=ines, now=now)
    before = (Training.objects.values().get(pk=training.pk), Notice.objects.count(), JournalEntry.objects.count())
    schedule = Schedule(starts_on=MAY, ends_on=MAY, starts=time(9), ends=time(17), zone=zone)
    with pytest.raises(UnableTo) as problem:
        move_training(training_id=training.pk, schedule=schedule, why=why, by=ines, now=now)
    assert str(problem.value) == sentence
    assert (Training.objects.values().get(pk=training.pk), Notice.objects.count(), JournalEntry.objects.count()) == before


def test_one_that_did_not_take_place_is_moved_after_its_old_start(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    """The trainer fell ill on the first morning: nobody has marked anybody."""
    name_people(team, 9, by=dana.person)
    moved = moving(training, ines, now=datetime(2018, 3, 12, 18, tzinfo=UTC))
    assert [verdict.sentence for verdict in moved.verdicts if verdict.warned] == [
        "By its old dates it has begun already: move it only if it did not take place."
    ]
    assert queries.facts_of(Training.objects.get(pk=training.pk)).starts_at == datetime(2018, 5, 14, 14, tzinfo=UTC)


# bookings and seats


def test_until_the_new_cut_off_teams_sign_up_grow_and_leave_free(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    """D(18) by the old dates; moved to D(12): seven days anew."""
    moving(training, ines, now=CLOSED, first=date(2018, 3, 6))
    last = datetime(2018, 3, 2, 5, 59, tzinfo=UTC)  # Thu 1 March, 23:59 in Chicago
    other = CoordinatorFactory()
    BookingFactory(
        training=training, membership=MembershipFactory(organization=other.organization), by=other.person, seats=6, now=last
    )
    actions.change_seats(booking_id=team.pk, seats=10, by=dana.person, now=last)
    with pytest.raises(UnableTo, match="today is 4 days ahead"):
        BookingFactory(training=training, by=other.person, seats=6, now=last + timedelta(minutes=1))
    cancel_booking(booking_id=team.pk, why="", by=dana.person, now=last)
    assert seats(team) == (15, 0, 0)


def test_closed_roster_reopens_with_its_p6_seats_and_closes_again_by_the_new_date(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    name_people(team, 7, by=dana.person)
    runs.run(now=night(date(2018, 2, 20)))
    assert (seats(team), fresh(team).roster_closed_at is None) == ((6, 7, 2), False)
    moved = moving(training, ines, now=CLOSED)
    booking = fresh(team)
    assert (seats(team), booking.roster_closed_at, booking.roster_until, booking.round, booking.seats) == (
        (6, 9, 0),
        None,
        None,
        1,
        9,
    )
    (one,) = moved.bookings
    assert (one.reopened, one.seats_back, one.revived) == (True, 2, False)
    accept_roster(booking_id=team.pk, people=named(8), by=dana.person, now=CLOSED)
    runs.run(now=night(date(2018, 4, 23)))
    assert seats(team) == (6, 9, 0)
    runs.run(now=night(date(2018, 4, 24)))
    assert seats(team) == (6, 8, 1)
    assert list(AppliedAction.objects.filter(rule="P6").order_by("pk").values_list("cut_off_on", "round")) == [
        (date(2018, 2, 19), 0),
        (date(2018, 4, 23), 1),
    ]


def test_seats_that_p4_took_stay_forfeited(training: Training, team: Booking, dana: Coordinator, ines: Person) -> None:
    actions.change_seats(booking_id=team.pk, seats=7, by=dana.person, now=datetime(2018, 2, 13, 18, tzinfo=UTC))
    assert seats(team) == (6, 7, 2)
    moving(training, ines, now=CLOSED)
    assert seats(team) == (6, 7, 2)


@pytest.mark.parametrize("case", ["stands again", "full", "booked again", "ended", "ends early", "too soon"])
def test_booking_that_p6_ended_stands_again_where_there_is_a_place_for_it(
    training: Training, team: Booking, dana: Coordinator, ines: Person, case: str
) -> None:
    runs.run(now=night(date(2018, 2, 20)))
    assert (fresh(team).state, seats(team)) == ("cancelled", (6, 0, 9))
    first = MAY
    if case == "full":
        Training.objects.filter(pk=training.pk).update(capacity=8)
    elif case == "booked again":
        values = {
            "training_id": training.pk,
            "membership_id": team.membership_id,
            "by": ines,
            "now": CLOSED,
            "staff_reason": "late",
        }
        actions.book(seats=6, site=actions.bookings.Site(name="Library", room="", zone="America/Chicago"), **values)
    elif case == "ended":
        Membership.objects.filter(pk=team.membership_id).update(ends_on=date(2018, 2, 21))
    elif case == "ends early":
        end_early(
            membership=Membership.objects.get(pk=team.membership_id), on=date(2018, 5, 13), why="Merged.", by=ines, now=CLOSED
        )
    elif case == "too soon":
        first = date(2018, 2, 22)
    changes = {"starts": time(15), "ends": time(20)} if case == "too soon" else {}
    moved = moving(training, ines, now=CLOSED, first=first, **changes)
    one = next(one for one in moved.bookings if one.booking.pk == team.pk)
    booking = fresh(team)
    if case == "stands again":
        assert (one.revived, one.seats_back, booking.state, booking.seats, booking.cancelled_at) == (True, 9, "confirmed", 9, None)
        assert seats(team) == (6, 9, 0)
        (letter,) = Notice.objects.filter(letter="trainings.training_moved", state="queued")
        assert "It stands again." in composing.compose(letter, now=CLOSED).text
        return
    assert (booking.state, one.gone) == (
        "cancelled",
        {
            "full": "Its places were taken meanwhile.",
            "ends early": "The contract of the membership ends before, on Sun 13 May 2018.",
            "booked again": "The membership has booked again meanwhile.",
            "ended": "The membership has ended.",
            "too soon": "No time is left to name people.",
        }[case],
    )
    assert seats(team)[2] == 9


def test_own_roster_date_is_kept_where_it_is_later(training: Training, team: Booking, ines: Person) -> None:
    Booking.objects.filter(pk=team.pk).update(roster_until=date(2018, 3, 9))
    moving(training, ines, first=date(2018, 3, 19))
    assert fresh(team).roster_cut_off().on == date(2018, 3, 9)
    moving(training, ines)
    assert fresh(team).roster_cut_off().on == date(2018, 4, 23)


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (date(2019, 1, 7), "The training starts on Mon 7 Jan 2019, after the membership year ends on Mon 31 Dec 2018."),
        (date(2018, 12, 31), ""),
    ],
)
def test_start_outside_the_year_gets_its_exception_by_itself(
    training: Training, team: Booking, ines: Person, first: date, sentence: str
) -> None:
    moved = moving(training, ines, first=first)
    assert moved.bookings[0].outside == sentence
    rows = TrainingException.objects.filter(rule="P1")
    expected = [("approved", team.pk, ines.pk, NOW, sentence)] if sentence else []
    assert list(rows.values_list("state", "booking", "decided_by", "used_at", "refusal")) == expected


# people


def test_nobody_is_moved_into_two_trainings_on_one_day(training: Training, team: Booking, dana: Coordinator, ines: Person) -> None:
    name_people(team, 2, by=dana.person)
    other = CoordinatorFactory()
    elsewhere = BookingFactory(
        training=TrainingFactory(starts_on=date(2018, 5, 15)),
        membership=MembershipFactory(organization=other.organization),
        by=other.person,
        seats=6,
    )
    name_people(elsewhere, 1, by=other.person)
    with pytest.raises(UnableTo) as problem:
        moving(training, ines)
    assert str(problem.value) == (
        "At another training on these days: Ana Silva (15–16 May 2018). "
        "Nobody can be at both; have them taken off one of the lists first."
    )
    assert Training.objects.get(pk=training.pk).round == 0
    moving(training, ines, first=date(2018, 5, 17))


def test_people_stay_and_who_was_invited_is_told_once(training: Training, team: Booking, dana: Coordinator, ines: Person) -> None:
    name_people(team, 2, by=dana.person, now=EPOCH)
    send_invitations(booking_id=team.pk, by=dana.person, now=EPOCH)
    accept_roster(booking_id=team.pk, people=named(3), by=dana.person, now=NOW)  # the third is not invited yet
    moved = moving(training, ines)
    assert Place.objects.active().filter(booking=team.pk).count() == 3
    assert waiting("training_moved") == [
        ("trainees.training_moved", "trainee-0@example.org"),
        ("trainees.training_moved", "trainee-1@example.org"),
        ("trainings.training_moved", "dana@example.org"),
        ("trainings.training_moved_trainer", "nora@example.org"),
    ]
    assert list(moved.also) == ["3 people stay on the lists. 2 were invited, and are told."]


def test_requests_that_the_move_makes_needless_are_answered_and_others_wait(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    name_people(team, 7, by=dana.person)
    other = CoordinatorFactory(email="other@example.org")
    theirs = MembershipFactory(organization=other.organization)
    late = datetime(2018, 2, 13, 18, tzinfo=UTC)
    for rule, count in (("R6", 6), ("R11", 4)):
        ask_exception(training=training, membership=theirs, rule=rule, reason="Late", by=other.person, now=late, seats=count)
    ask_roster_date(booking=fresh(team), reason="Two are missing", by=dana.person, now=late)
    ask_changes(booking_id=team.pk, people=named(6), reason="Ill", by=dana.person, now=CLOSED)
    moved = moving(training, ines, now=CLOSED)
    assert list(TrainingException.objects.order_by("rule").values_list("rule", "state")) == [
        ("R11", "asked"),
        ("R16", "declined"),
        ("R6", "declined"),
    ]
    assert RosterRequest.objects.get().state == "declined"
    assert len(moved.answered) == 2
    letters = {
        notice.to_address: composing.compose(notice, now=CLOSED)
        for notice in Notice.objects.filter(letter="common.exception_decided")
    }
    assert letters["other@example.org"].subject.startswith("Not needed any more: your request about rule R6")
    assert "sign-up is open, and leaving free, until Mon 16 Apr 2018, end of day Chicago time: no exception is needed." in (
        letters["other@example.org"].text
    )
    assert "The rule stands as it is" not in letters["other@example.org"].text


def test_p1_request_is_answered_where_the_new_start_lies_inside_the_year(training: Training, ines: Person) -> None:
    other = CoordinatorFactory()
    rows = [
        MembershipFactory(organization=other.organization, starts_on=start, ends_on=date(2019, 3, 31))
        for start in (date(2018, 5, 14), date(2018, 5, 15))
    ]
    for row in rows:
        ask_exception(training=training, membership=row, rule="P1", reason="A week early", by=other.person, now=NOW)
    moving(training, ines)
    assert list(TrainingException.objects.order_by("membership").values_list("state", flat=True)) == ["declined", "asked"]


def test_who_may_take_part_alone_may_on_the_new_days(training: Training, team: Booking, dana: Coordinator, ines: Person) -> None:
    people = named(2)
    people[1] = replace(people[1], remote=True)
    accept_roster(booking_id=team.pk, people=people, by=dana.person, now=NOW)
    place = Place.objects.get(remote=True)
    record = PlaceException(place=place, rule="R14", reason="Lives on an island", until=training.ends_at)
    exceptions.enter(record, by=ines, now=NOW)
    moved = moving(training, ines)
    assert "1 exception to take part alone (R14) holds to the new end." in moved.also
    assert request_queries.alone_verdict(Place.objects.get(pk=place.pk), now=datetime(2018, 5, 15, 12, tzinfo=UTC)).allowed


def test_the_timeline_says_that_the_dates_are_other_ones(training: Training, team: Booking, ines: Person) -> None:
    def words(row: Booking) -> list[tuple[date, str, str]]:
        found = timeline.booking_dates(row, now=NOW)[:3]
        return [(one.cut_off.on, one.what, one.state) for one in found]

    moving(training, ines)
    assert words(fresh(team)) == [
        (date(2018, 1, 2), "Booked: 9 seats", "done"),
        (date(2018, 1, 10), "Moved to these dates", "done"),
        (date(2018, 4, 16), "Last day to change the number of seats", "coming"),
    ]
    training.refresh_from_db()
    assert [one.what for one in timeline.training_dates(training, now=NOW)][:2] == ["Moved to these dates", "Sign-up closes"]


# letters


def test_letters_say_both_dates_in_both_zones_and_what_one_can_do(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    name_people(team, 7, by=dana.person)
    runs.run(now=night(date(2018, 2, 20)))
    moving(training, ines, now=CLOSED)
    booking = composing.compose(Notice.objects.get(letter="trainings.training_moved"), now=CLOSED)
    assert booking.subject == "New dates: your training of 12–13 Mar 2018 is on 14–15 May 2018, Chicago time"
    for line in (
        "Leaving is free until Mon 16 Apr 2018, end of day Chicago time (in 53 days)",
        "Mon 14 May 2018, 9:00-17:00 Chicago time; for you 10:00-18:00",
        "Mon 12 Mar 2018, 9:00-17:00 Chicago time; for you 10:00-18:00",
        "The trainer is ill.",
        "Your list of names is open again, until Mon 23 Apr 2018, end of day Chicago time",
        "2 seats that were forfeited because they had no names are yours again (rules P8, P6).",
    ):
        assert line in booking.text, line
    place = composing.compose(Notice.objects.filter(letter="trainees.training_moved").earliest("pk"), now=CLOSED)
    assert "Please come on 14–15 May 2018, not on 12–13 Mar 2018." in place.text
    trainer = composing.compose(Notice.objects.get(letter="trainings.training_moved_trainer"), now=CLOSED)
    assert "You train on 14–15 May 2018, Chicago time, not on 12–13 Mar 2018. Reply if you cannot." in trainer.text


def events_of(notice: Notice) -> dict[str, tuple[str, int, datetime]]:
    """UID -> method, sequence, start; of all calendar files of a letter."""
    found = {}
    for attached in composing.compose(notice, now=NOW).message.attachments:
        body = attached.content if isinstance(attached.content, bytes) else attached.content.encode()
        calendar = read_ics(body)
        for event in calendar.events:
            found[str(event["UID"])] = (calendar.properties["METHOD"], int(str(event["SEQUENCE"])), event["DTSTART"])
    return found


@pytest.mark.parametrize("letter", ["trainings.training_moved", "trainings.training_moved_trainer", "trainees.training_moved"])
def test_calendar_files_have_the_same_uids_higher_sequences_and_take_out_a_day_that_is_gone(
    training: Training, team: Booking, dana: Coordinator, ines: Person, letter: str
) -> None:
    name_people(team, 1, by=dana.person)
    send_invitations(booking_id=team.pk, by=dana.person, now=EPOCH)
    before = {
        "trainings.training_moved": Notice.objects.get(letter="trainings.booking_confirmed"),
        "trainees.training_moved": Notice.objects.get(letter="trainees.invitation"),
    }
    old = events_of(before[letter]) if letter in before else {}
    moving(training, ines, ends_on=MAY)
    new = events_of(Notice.objects.get(letter=letter))
    assert sorted((method, start) for method, _number, start in new.values()) == [
        ("CANCEL", datetime(2018, 3, 13, 14, tzinfo=UTC)),
        ("PUBLISH", datetime(2018, 5, 14, 14, tzinfo=UTC)),
    ]
    if old:
        assert set(old) == set(new)
        assert all(new[uid][1] > old[uid][1] for uid in old)


def test_public_and_private_calendars_show_the_new_days_under_the_same_uid(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    def public() -> str:
        row = Training.objects.get(pk=training.pk)
        return feeds.public_calendar([row], queries.training_stamps([row.pk])).decode()

    before, mine = public(), feeds.own_calendar(dana.person, now=NOW)[0].decode()
    moving(training, ines)
    after, own = public(), feeds.own_calendar(dana.person, now=NOW)[0].decode()
    uid = f"UID:training-{training.pk}-day1@"
    assert (uid in before, uid in after) == (True, True)
    assert ("SEQUENCE:0" in before, "SEQUENCE:2" in after, "20180514T090000" in after) == (True, True, True)
    assert ("20180312T090000" in mine, "20180514T090000" in own, "20180312T090000" in own) == (True, True, False)


def test_moved_twice_before_the_letter_left_there_is_one_with_the_dates_that_are_known(
    training: Training, team: Booking, ines: Person
) -> None:
    moving(training, ines)
    moving(training, ines, first=date(2018, 6, 4))
    (letter,) = Notice.objects.filter(letter="trainings.training_moved", state="queued")
    text = composing.compose(letter, now=NOW).text
    assert "Your training is on 4–5 Jun 2018, Chicago time, not on 12–13 Mar 2018." in text


def test_queued_letters_that_say_what_is_not_so_any_more_are_taken_back(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    name_people(team, 7, by=dana.person)
    training.link = "https://example.org/room"
    training.save(update_fields=["link"])
    for on in (date(2018, 2, 17), date(2018, 2, 20), date(2018, 2, 28), date(2018, 3, 6)):
        runs.run(now=night(on))
    there = {letter for letter, _to in waiting()}
    obsolete = {
        "trainees.roster_wanted",
        "trainees.one_week",
        "trainees.application_missing",
        "trainees.applications_missing",
        "trainings.roster_closed",
        "trainings.room_link",
    }
    assert obsolete <= there
    moving(training, ines, now=datetime(2018, 3, 6, 18, tzinfo=UTC))
    assert obsolete & {letter for letter, _to in waiting()} == set()


def test_reminders_come_by_the_new_dates_with_new_rounds(
    training: Training, team: Booking, dana: Coordinator, ines: Person
) -> None:
    name_people(team, 8, by=dana.person)
    training.link = "https://example.org/room"
    training.save(update_fields=["link"])
    on = date(2018, 1, 11)
    while on <= date(2018, 2, 18):
        runs.run(now=night(on))
        on += timedelta(days=1)
    moving(training, ines, now=datetime(2018, 2, 18, 18, tzinfo=UTC), first=date(2018, 3, 26))
    while on <= date(2018, 3, 27):
        runs.run(now=night(on))
        on += timedelta(days=1)
    done = AppliedAction.objects.exclude(rule="R12").order_by("applied_at", "rule").values_list("rule", "cut_off_on", "round")
    assert list(done) == [
        ("L3", date(2018, 2, 5), 0),
        ("L3", date(2018, 2, 12), 0),
        ("L3", date(2018, 2, 16), 0),
        ("L3", date(2018, 2, 19), 1),  # 14 days before the new 5 March
        ("L3", date(2018, 2, 26), 1),
        ("L3", date(2018, 3, 2), 1),
        ("L3", date(2018, 3, 5), 1),
        ("P6", date(2018, 3, 5), 1),
        ("L6", date(2018, 3, 12), 1),
        ("L5", date(2018, 3, 19), 1),
        ("L8", date(2018, 3, 19), 1),
    ]


# an empty training


def test_empty_training_is_cancelled_by_its_new_cut_off_and_not_by_the_old_one(ines: Person) -> None:
    training = TrainingFactory()
    moving(training, ines, now=datetime(2018, 2, 14, 18, tzinfo=UTC))
    runs.run(now=night(date(2018, 2, 20)))
    assert Training.objects.get().state == "scheduled"
    runs.run(now=night(date(2018, 4, 18)))
    assert Training.objects.get().state == "scheduled"
    runs.run(now=night(date(2018, 4, 19)))
    assert (Training.objects.get().state, Training.objects.get().cancelled_rule) == ("cancelled", "R7")


def test_warning_that_it_is_at_risk_comes_anew(ines: Person) -> None:
    training = TrainingFactory()
    runs.run(now=night(date(2018, 2, 5)))
    assert waiting("at_risk") == [("trainings.training_at_risk", "staff@example.org")]
    moving(training, ines, now=datetime(2018, 2, 5, 18, tzinfo=UTC))
    assert waiting("at_risk") == []
    runs.run(now=night(date(2018, 4, 9)))
    assert list(AppliedAction.objects.filter(rule="L7").order_by("pk").values_list("cut_off_on", "round")) == [
        (date(2018, 2, 5), 0),
        (date(2018, 4, 9), 1),
    ]


def test_who_waits_for_such_dates_is_told(training: Training, ines: Person) -> None:
    coordinator = CoordinatorFactory(email="waits@example.org")
    DemandFactory(membership=MembershipFactory(organization=coordinator.organization), by=coordinator.person)
    assert waiting("suits") == []
    moving(training, ines)
    assert waiting("suits") == [("trainings.training_suits", "waits@example.org")]


def test_exercises_are_due_by_the_new_last_day(training: Training, team: Booking, dana: Coordinator, ines: Person) -> None:
    name_people(team, 9, by=dana.person)
    moving(training, ines)
    over = datetime(2018, 5, 16, 12, tzinfo=UTC)
    mark_all(team, ines, now=over)
    confirm_attendance(booking_id=team.pk, by=ines, now=over)
    assert set(Place.objects.values_list("checkout__due_on", flat=True)) == {date(2018, 8, 13)}
