"""The calendar files, read by a strict reader of its own (RFC 5545), not by the library that wrote them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from memberships.factories import EPOCH
from trainings import documents
from trainings.actions import cancel_training
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training
from trainings.tests.ics_reader import read_ics

pytestmark = pytest.mark.django_db
LATER = EPOCH + timedelta(days=1)


def _fresh(training: Training) -> Training:
    return Training.objects.select_related("edition").get(pk=training.pk)


def _booking(booking: Booking) -> Booking:
    return Booking.objects.select_related("training__edition").get(pk=booking.pk)


def test_ics_for_training_one_event_a_day() -> None:
    training = TrainingFactory()
    calendar = read_ics(documents.ics_for_training(_fresh(training), now=EPOCH))
    assert calendar.properties == {"VERSION": "2.0", "PRODID": "-//Instructor training portal//EN", "METHOD": "PUBLISH"}
    assert calendar.events == [
        {
            "UID": f"training-{training.pk}-day{day}@localhost:8000",
            "DTSTAMP": EPOCH,
            "SEQUENCE": "0",
            "DTSTART": datetime(2018, 3, 11 + day, 14, 0, tzinfo=UTC),
            "DTEND": datetime(2018, 3, 11 + day, 22, 0, tzinfo=UTC),
            "SUMMARY": f"Instructor training, Chicago time, day {day} of 2",
            "DESCRIPTION": "http://localhost:8000/trainings/2018-03-12-chicago/",
            "ORGANIZER": "mailto:instructor.training@example.org",
            "STATUS": "CONFIRMED",
        }
        for day in (1, 2)
    ]


def test_ics_for_training_over_a_clock_change_follows_the_wall_clock() -> None:
    """10-11 March 2018: Chicago's clocks go forward in between. 9:00 stays 9:00."""
    training = TrainingFactory(starts_on=date(2018, 3, 10))
    calendar = read_ics(documents.ics_for_training(_fresh(training), now=EPOCH))
    assert [event["DTSTART"] for event in calendar.events] == [
        datetime(2018, 3, 10, 15, 0, tzinfo=UTC),
        datetime(2018, 3, 11, 14, 0, tzinfo=UTC),
    ]


def test_ics_for_training_past_midnight_utc_ends_the_next_day() -> None:
    training = TrainingFactory(zone="Pacific/Auckland", starts=time(9), ends=time(17))
    calendar = read_ics(documents.ics_for_training(_fresh(training), now=EPOCH))
    assert (calendar.events[0]["DTSTART"], calendar.events[0]["DTEND"]) == (
        datetime(2018, 3, 11, 20, 0, tzinfo=UTC),
        datetime(2018, 3, 12, 4, 0, tzinfo=UTC),
    )


def test_ics_for_training_cancelled_takes_the_same_events_back() -> None:
    training = TrainingFactory()
    before = read_ics(documents.ics_for_training(_fresh(training), now=EPOCH))
    cancel_training(training_id=training.pk, why="The trainer fell ill.", by=None, now=LATER)
    after = read_ics(documents.ics_for_training(_fresh(training), now=LATER))
    assert after.properties["METHOD"] == "CANCEL"
    assert [event["UID"] for event in after.events] == [event["UID"] for event in before.events]
    assert {event["STATUS"] for event in after.events} == {"CANCELLED"}
    assert int(str(after.events[0]["SEQUENCE"])) > int(str(before.events[0]["SEQUENCE"]))


def test_ics_for_training_never_shows_the_link() -> None:
    training = TrainingFactory(link="https://meet.example.org/secret")
    assert b"secret" not in documents.ics_for_training(_fresh(training), now=EPOCH)


def test_ics_for_booking_names_the_site() -> None:
    booking = BookingFactory()
    body = documents.ics_for_booking(_booking(booking), now=EPOCH, sequence=7, cancelled=False)
    event = read_ics(body).events[0]
    assert event["UID"] == f"booking-{booking.pk}-day1@localhost:8000"
    assert event["LOCATION"] == "Science Library, 136"
    assert event["SEQUENCE"] == "7"
    assert event["DESCRIPTION"] == f"http://localhost:8000/bookings/{booking.pk}/"


def test_ics_for_booking_site_cannot_break_out_of_its_line() -> None:
    booking = BookingFactory()
    Booking.objects.update(site="Bibliothèque; Salle, 1\\n" + "é" * 90, room="END:VEVENT")
    body = documents.ics_for_booking(_booking(booking), now=EPOCH, sequence=1, cancelled=False)
    events = read_ics(body).events
    assert len(events) == 2
    assert events[0]["LOCATION"] == "Bibliothèque; Salle, 1\\n" + "é" * 90 + ", END:VEVENT"
