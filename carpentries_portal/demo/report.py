"""The demo's videoconference report: of a training that waits for its confirmation, as Zoom would have written it. Nothing is matched yet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from carpentries_portal.common.models import Person
from carpentries_portal.demo import cast
from trainees.actions import import_report
from trainees.models import EvidenceReport, Place
from trainings.models import Booking, Training

HEADER = ("Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest", "In Waiting Room")
Line = tuple[str, str, int, int]
"""A name, an address, and from when to when: minutes from the day's start."""


def import_one(*, now: datetime) -> EvidenceReport | None:
    """A report of the newest training that is over and not confirmed: one of the trainer who can log in, if there is any."""
    waiting = Booking.objects.confirmed().filter(
        training__ends_at__lt=now, attendance_confirmed_at__isnull=True, places__state="active"
    )
    hers = waiting.filter(training__training_trainers__trainer__person__name=cast.TRAINERS[0].name)
    booking = (hers if hers.exists() else waiting).order_by("-training__ends_at", "pk").first()
    if booking is None:
        return None
    training = Training.objects.get(pk=booking.training_id)
    by = training.training_trainers.select_related("trainer__person").order_by("pk")[0].trainer.person
    name = f"participants_{training.starts_on.isoformat()}.csv"
    return import_report(
        training_id=training.pk, content=_content(training, by), file_name=name, zone=training.zone, by=by, now=now
    )


def _content(training: Training, host: Person) -> bytes:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(HEADER)
    for day in training.hours():
        starts = datetime.combine(day.on, day.starts)
        for name, email, joined, left in (*_hosts(host), *_teams(training)):
            stamps = (_stamp(starts, minutes) for minutes in (joined, left))
            table.writerow([name, email, *stamps, left - joined, "No", "No"])
        table.writerow(["Yuki Ito", "", _stamp(starts, -12), _stamp(starts, -1), 11, "Yes", "Yes"])
    table.writerow(["15551234567", "", _stamp(starts, 3), "", "", "Yes", "No"])  # what a phone left behind
    return out.getvalue().encode("utf-8-sig")


def _hosts(host: Person) -> Iterator[Line]:
    yield host.name, host.email, -15, 492
    yield "Helper (The Carpentries)", "", -5, 485


def _teams(training: Training) -> Iterator[Line]:
    """By turns a team whose room was cut off for a while, and one whose people each had a laptop of their own, of whom one came late."""
    bookings = Booking.objects.confirmed().filter(training=training.pk).select_related("membership__organization").order_by("pk")
    for number, booking in enumerate(bookings):
        places = list(Place.objects.active().filter(booking=booking.pk).select_related("person").order_by("pk"))
        if number % 2 == 0:
            room = f"{booking.membership.organization} {booking.site} {booking.room}"
            yield room, "", -10, 118
            yield room, "", 205, 481
            yield from ((f"iPhone von {place.name.split()[0]}", "", 40, 118) for place in places[:1])
            continue
        for place, begin in zip(places, (-4, 75, 0, 2, -1, 1, -3, 0, 4), strict=False):
            yield place.name, place.person.email if begin >= 0 else "", begin, 480


def _stamp(starts: datetime, minutes: int) -> str:
    return (starts + timedelta(minutes=minutes)).strftime("%m/%d/%Y %I:%M:%S %p")
