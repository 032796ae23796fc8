"""A team moves to another training: both or nothing; where the seats are, who goes along, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from carpentries_portal.common import clock, exceptions
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import composing, delivery
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees.actions import send_invitations
from trainees.factories import name_people
from trainees.models import Place, PlaceException
from trainings.actions import ask_exception, ask_roster_date, move_booking, tick_room
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = pytest.mark.django_db

LATE = datetime(2018, 2, 13, 18, tzinfo=UTC)  # D(27) of 12-13 March in Chicago


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield")


@pytest.fixture
def team(dana: Coordinator) -> Booking:
    """Six seats of fifteen at 12-13 March 2018 in Chicago."""
    membership = MembershipFactory(organization=dana.organization)
    return BookingFactory(training=TrainingFactory(), membership=membership, by=dana.person, seats=6)


@pytest.fixture
def may() -> Training:
    return TrainingFactory(starts_on=date(2018, 5, 14))


def seats(membership: Membership) -> tuple[int, int, int]:
    membership.refresh_from_db()
    return membership.available, membership.reserved, membership.forfeited


def letters() -> list[tuple[str, str]]:
    return sorted(Notice.objects.filter(letter__contains="moved").values_list("letter", "to_person__name"))


def test_move_in_time_gives_the_seats_back_and_takes_the_names_along(team: Booking, may: Training, dana: Coordinator) -> None:
    places = name_people(team, 2, by=dana.person)
    send_invitations(booking_id=team.pk, by=dana.person, now=EPOCH)
    tick_room(booking_id=team.pk, items=["screen", "call"], by=dana.person, now=EPOCH)
    new = move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    team.refresh_from_db()
    assert (team.state, team.seats, team.cancelled_seats, team.cancelled_rule) == ("cancelled", 0, 6, "P4")
    assert team.cancelled_why == (
        "Moved to the training of 14–15 May 2018, Chicago. "
        "6 seats go back to your membership: leaving is free until Mon 12 Feb 2018, end of day Chicago time."
    )
    assert (new.state, new.seats, new.training, new.membership, new.moved_from) == ("confirmed", 6, may, team.membership, team)
    assert (new.site, new.room, new.site_zone) == (team.site, team.room, team.site_zone)
    assert seats(new.membership) == (9, 6, 0)
    assert [(place.pk, place.booking, place.training) for place in Place.objects.order_by("pk")] == [
        (place.pk, new, may) for place in places
    ]
    assert {check.item for check in new.room_checks.all()} == {"screen"}
    assert letters() == [
        ("trainees.place_moved", "Ana Silva"),
        ("trainees.place_moved", "Björn Åkesson"),
        ("trainings.booking_moved", "Dana Whitfield"),
    ]
    entry = JournalEntry.objects.get(what="booking_moved")
    assert (entry.by, entry.rule, entry.why) == (dana.person, "P4", team.cancelled_why)
    assert {(row.label, row.object_id) for row in entry.subjects.all()} >= {
        ("trainings.booking", team.pk),
        ("trainings.booking", new.pk),
        ("trainings.training", team.training_id),
        ("trainings.training", may.pk),
    }


def test_letters_of_a_move_say_both_dates_and_carry_both_files(team: Booking, may: Training, dana: Coordinator) -> None:
    name_people(team, 1, by=dana.person)
    send_invitations(booking_id=team.pk, by=dana.person, now=EPOCH)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    for name, subject, lines in (
        (
            "trainings.booking_moved",
            "Moved: your 6 seats are now at the training of 14–15 May 2018, Chicago time",
            ["Your booking for 12–13 Mar 2018, Chicago time, has ended.", "Mon 14 May 2018, 9:00-17:00 Chicago time"],
        ),
        (
            "trainees.place_moved",
            "New dates for your instructor training: 14–15 May 2018, Chicago time",
            ["Please come on 14–15 May 2018, not on 12–13 Mar 2018."],
        ),
    ):
        composed = composing.compose(Notice.objects.get(letter=name), now=EPOCH)
        assert composed.subject == subject
        assert [line for line in lines if line not in composed.text] == []
        files = [(attached.filename, attached.content) for attached in composed.message.attachments]
        assert [name for name, _body in files] == ["2018-05-14-chicago.ics", "2018-03-12-chicago-cancelled.ics"]
        bodies = [body if isinstance(body, str) else body.decode() for _name, body in files]
        assert ["METHOD:PUBLISH" in bodies[0], "METHOD:CANCEL" in bodies[1]] == [True, True]
        assert "20180312T" in bodies[1]


def test_late_move_forfeits_what_is_left_behind_and_costs_other_seats(team: Booking, may: Training, dana: Coordinator) -> None:
    new = move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=LATE)
    assert seats(new.membership) == (3, 6, 6)
    with pytest.raises(UnableTo, match=r"^3 seats are left in this membership; you ask for 6\.$"):
        other = TrainingFactory(starts_on=date(2018, 6, 4))
        move_booking(booking_id=new.pk, to_training_id=other.pk, by=dana.person, now=datetime(2018, 4, 20, tzinfo=UTC))


def test_move_with_the_last_seats_is_possible_while_leaving_is_free(dana: Coordinator, may: Training) -> None:
    silver = MembershipFactory(organization=dana.organization, level="silver")
    team = BookingFactory(training=TrainingFactory(), membership=silver, by=dana.person, seats=6)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    assert seats(silver) == (0, 6, 0)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("full", "This training is full: no place is free."),
        ("same", "This membership has a booking at this training already: enlarge that one."),
        ("begun", "The training that the team would leave has begun: who does not come is counted by the roll call."),
        ("cancelled", "This booking was cancelled already."),
        ("next year", "The training starts on Mon 14 Jan 2019, after the membership year ends on Mon 31 Dec 2018."),
        ("there", "On another team’s list at that training already: Ana Silva. Take them off your list first."),
        ("busy", "At another training at the same time: Ana Silva (14–15 May 2018). Take them off your list first."),
    ],
)
def test_refused_move_moves_nothing(team: Booking, may: Training, dana: Coordinator, case: str, sentence: str) -> None:
    now, target = EPOCH, may
    if case == "full":
        BookingFactory(training=may, seats=30, membership=MembershipFactory(contract_seats=30))
    elif case == "same":
        target = team.training
    elif case == "begun":
        now = datetime(2018, 3, 12, 15, tzinfo=UTC)
    elif case == "next year":
        target = TrainingFactory(starts_on=date(2019, 1, 14))
    elif case in {"busy", "there"}:  # she is named for those days elsewhere, and goes along with nobody
        name_people(team, 1, by=dana.person)
        other = CoordinatorFactory()
        elsewhere = BookingFactory(
            training=may if case == "there" else TrainingFactory(starts_on=date(2018, 5, 14)),
            membership=MembershipFactory(organization=other.organization),
            by=other.person,
            seats=6,
        )
        name_people(elsewhere, 1, by=other.person)
    elif case == "cancelled":
        team = move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH).moved_from
        target = TrainingFactory(starts_on=date(2018, 6, 4))
    before = [seats(team.membership), Booking.objects.count(), list(Place.objects.values_list("booking", "training"))]
    letters_before = Notice.objects.count()
    with pytest.raises(UnableTo, match="^" + sentence.replace("(", r"\(").replace(")", r"\)") + "$"):
        move_booking(booking_id=team.pk, to_training_id=target.pk, by=dana.person, now=now)
    assert [seats(team.membership), Booking.objects.count(), list(Place.objects.values_list("booking", "training"))] == before
    assert Notice.objects.count() == letters_before


def into_may_by_exception(dana: Coordinator, may: Training, *, now: datetime) -> Booking:
    """Six seats at 4-5 June, whose team may sign up late for 14-15 May (R6)."""
    membership = MembershipFactory(organization=dana.organization)
    june = BookingFactory(training=TrainingFactory(starts_on=date(2018, 6, 4)), membership=membership, by=dana.person, seats=6)
    asked = ask_exception(
        training=may, membership=membership, rule="R6", reason="No room in June.", seats=6, by=dana.person, now=EPOCH
    )
    exceptions.approve(asked, by=StaffFactory(), now=EPOCH, until=now + timedelta(days=30))
    return june


def test_names_go_along_to_the_last_instant_of_the_other_roster_and_are_invited_by_then(may: Training, dana: Coordinator) -> None:
    """Names for 14-15 May are due by Mon 23 April, end of that day in Chicago: 5:00 UTC."""
    end = datetime(2018, 4, 24, 5, tzinfo=UTC)
    june = into_may_by_exception(dana, may, now=end)
    name_people(june, 2, by=dana.person, now=end - timedelta(minutes=30))
    with pytest.raises(UnableTo, match="Names were due by Mon 23 Apr 2018"):
        move_booking(booking_id=june.pk, to_training_id=may.pk, by=dana.person, now=end)
    assert Booking.objects.get(state="confirmed") == june
    move_booking(booking_id=june.pk, to_training_id=may.pk, by=dana.person, now=end - timedelta(minutes=15))
    assert set(Place.objects.values_list("training", "invite_at")) == {(may.pk, end)}
    assert TrainingException.objects.get(rule="R6").used_at == end - timedelta(minutes=15)
    assert [letter for letter, _to in letters()] == ["trainings.booking_moved"]  # who was not invited yet hears of no move


def test_move_to_the_same_days_elsewhere_is_no_overlap_with_oneself(team: Booking, dana: Coordinator) -> None:
    name_people(team, 1, by=dana.person)
    denver = TrainingFactory(zone="America/Denver")
    new = move_booking(booking_id=team.pk, to_training_id=denver.pk, by=dana.person, now=EPOCH)
    assert [place.training for place in new.places.all()] == [denver]


def test_one_week_letter_of_the_training_that_was_left_does_not_leave(team: Booking, may: Training, dana: Coordinator) -> None:
    from trainees.reminders import one_week

    (place,) = name_people(team, 1, by=dana.person)
    one_week(team.training, on=date(2018, 3, 5), now=EPOCH)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    delivery.deliver_due(now=EPOCH)
    notice = Notice.objects.get(letter="trainees.one_week", to_person=place.person)
    assert (notice.state, notice.error) == ("cancelled", "The person does not take part any more.")


@pytest.fixture
def client(dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: EPOCH)
    client = Client()
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def seen_in(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def test_page_moves_only_what_it_has_shown(team: Booking, may: Training, client: Client, dana: Coordinator) -> None:
    path = f"/bookings/{team.pk}/move/"
    assert f"?to={may.code}" in client.get(path).content.decode()
    shown = client.get(f"{path}?to={may.code}").content.decode()
    assert "6 seats go back to your membership" in shown
    name_people(team, 1, by=dana.person)  # by a colleague, meanwhile
    again = client.post(path, {"to": may.code, "seen": seen_in(shown)}).content.decode()
    assert "Something changed since you looked." in again
    assert "1 person on your list goes along" in again
    answer = client.post(path, {"to": may.code, "seen": seen_in(again)})
    new = Booking.objects.get(training=may)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/bookings/{new.pk}/")
    assert f'href="/bookings/{new.pk}/"' in client.get(f"/bookings/{team.pk}/").content.decode()
    twice = client.post(path, {"to": may.code, "seen": seen_in(again)})
    assert (twice.status_code, twice.headers["Location"]) == (302, f"/bookings/{team.pk}/")


def test_page_says_what_else_fits_when_the_training_filled_up(team: Booking, may: Training, client: Client) -> None:
    june = TrainingFactory(starts_on=date(2018, 6, 4))
    path = f"/bookings/{team.pk}/move/"
    shown = client.get(f"{path}?to={may.code}").content.decode()
    BookingFactory(training=may, seats=30, membership=MembershipFactory(contract_seats=30))
    page = client.post(path, {"to": may.code, "seen": seen_in(shown)}).content.decode()
    assert "your 6 seats at the training of 12–13 Mar 2018 are still yours" in page
    assert f"?to={june.code}" in page
    assert f"?to={may.code}" not in page
    assert Booking.objects.get(pk=team.pk).state == "confirmed"


def test_who_may_take_part_alone_does_so_to_the_end_of_the_new_training(team: Booking, may: Training, dana: Coordinator) -> None:
    """R14: the leave is a place's, and the place goes along."""
    [place] = name_people(team, 1, by=dana.person)
    record = PlaceException(place=place, rule="R14", reason="Far.", asked_for="alone", until=team.training.ends_at)
    exceptions.enter(record, by=StaffFactory(), now=EPOCH)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    record.refresh_from_db()
    assert record.until == may.ends_at


def test_a_leave_to_take_part_alone_that_is_longer_stays_so(team: Booking, may: Training, dana: Coordinator) -> None:
    [place] = name_people(team, 1, by=dana.person)
    until = may.ends_at + timedelta(days=9)
    record = PlaceException(place=place, rule="R14", reason="Far.", asked_for="alone", until=until)
    exceptions.enter(record, by=StaffFactory(), now=EPOCH)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    record.refresh_from_db()
    assert record.until == until


def test_what_was_asked_about_the_booking_that_was_left_is_answered(team: Booking, may: Training, dana: Coordinator) -> None:
    record = ask_roster_date(booking=team, reason="Slow.", by=dana.person, now=EPOCH)
    move_booking(booking_id=team.pk, to_training_id=may.pk, by=dana.person, now=EPOCH)
    record.refresh_from_db()
    assert (record.state, record.note[:52]) == ("declined", "The booking ended: Moved to the training of 14–15 Ma")
