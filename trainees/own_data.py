"""What rosters hold about a person: places, applications, roll calls, exceptions, connections in reports. Forgotten, all is counted, without a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.own_data import HELD, MASK, Holding, Redactor, Row, row_of, words_of
from carpentries_portal.common.people_requests import UnableToForget, forgotten_address
from carpentries_portal.common.signals import person_forgotten
from trainees.actions.applications import ANSWERS
from trainees.evidence_queries import kept_until
from trainees.models import (
    Application,
    EvidenceConnection,
    EvidenceReport,
    Place,
    PlaceException,
    RollCall,
    RollCallMark,
    RosterChange,
    RosterLine,
)
from trainees.states import Outcome, PlaceState, Whose

PLACE = (
    "training",
    "name",
    "location",
    "remote",
    "state",
    "added_at",
    "invite_at",
    "removed_at",
    "removed_why",
    "outcome",
    "minutes_missed",
)


def _places(person: Person) -> models.QuerySet[Place]:
    return Place.objects.of_person(person.pk).select_related("training", "booking").order_by("pk")


def _lines(person: Person) -> models.QuerySet[RosterLine]:
    """The lines of requests (P7) that name the person: by their place, or by the address they are to have."""
    rows = RosterLine.objects.filter(Q(place__person=person) | Q(email_key=person.email_key))
    return rows.select_related("request__booking__training").order_by("pk")


def _rows(person: Person) -> dict[str, list[Row]]:
    applications = Application.objects.filter(place__person=person).select_related("place__training").order_by("pk")
    calls = RollCall.objects.filter(place__person=person).select_related("place__training").order_by("place", "day")
    marks = RollCallMark.objects.filter(place__person=person).select_related("place__training").order_by("place", "day", "pk")
    given = PlaceException.objects.filter(place__person=person).order_by("pk")
    answers = (*ANSWERS, "agreed_at", "saved_at", "finished_at")
    return {
        "places": [row_of(place, *PLACE) for place in _places(person)],
        "applications": [{"training": str(row.place.training), **row_of(row, *answers)} for row in applications],
        "roll_calls": [
            {"training": str(row.place.training), **row_of(row, "day", "absent", "late", "left", "away", "saved_at")}
            for row in calls
        ],
        "requests_that_name_you": [
            {"training": str(row.request.booking.training), **row_of(row, "kind", "was", "name", "email", "location", "remote")}
            for row in _lines(person)
        ],
        "roll_call_marks": [
            {"training": str(row.place.training), **row_of(row, "day", "absent", "late", "left", "away", "made_at", "saved_at")}
            for row in marks
        ],
        "exceptions": [row_of(row, "rule", "state", "ground", "reason", "note", "asked_at", "decided_at") for row in given],
        "connections": [_connection(row) for row in _connections(person).select_related("report__training")],
        "reports_imported": [
            {"training": str(row.training), **row_of(row, "file_name", "zone", "uploaded_at")}
            for row in EvidenceReport.objects.filter(uploaded_by=person).select_related("training").order_by("pk")
        ],
    }


def _connections(person: Person) -> models.QuerySet[EvidenceConnection]:
    """Those that people said are the person's, or that nobody has decided and that seem so; and whatever bears their address."""
    seems = Q(suggested_place__person=person, whose=Whose.OPEN)
    return EvidenceConnection.objects.filter(Q(place__person=person) | seems | Q(email_key=person.email_key)).order_by("pk")


def _connection(row: EvidenceConnection) -> Row:
    shown = row_of(row, "name", "also", "email", "intervals", "waiting", "whose", "decided_at")
    return {"training": str(row.report.training), "kept_until": kept_until(row.report.training).on.isoformat(), **shown}


def _around(person: Person) -> Iterator[models.Model]:
    """The team, the training and the requests that name the person: others stand there too."""
    for place in _places(person):
        yield place.booking
        yield place.training
    for line in _lines(person):
        yield line.request


def _words(person: Person) -> Iterable[str]:
    names = list(_places(person).values_list("name", flat=True))
    names += [name for line in _lines(person) for name in (line.was, line.name)]
    return [*names, *Application.objects.filter(place__person=person).values_list("certificate_name", flat=True)]


@receiver(person_forgotten)
def forget_places(sender: Any, *, person: Person, now: datetime, **more: Any) -> None:
    """Whoever is on a list to come, or waits for the roll call to be confirmed, is not forgotten yet. Raises UnableToForget."""
    unsettled = Q(training__ends_at__gt=now) | Q(booking__attendance_confirmed_at__isnull=True)
    expected = _places(person).filter(unsettled, state=PlaceState.ACTIVE, outcome=Outcome.NONE)
    place = expected.first()
    if place is not None:
        text = _("Is on the list of %(training)s: take them off it first, or wait until its roll call is confirmed.")
        raise UnableToForget(text % {"training": place.training})
    if _lines(person).filter(request__state=ExceptionState.ASKED).exists():
        raise UnableToForget(_("A request to change a list names them: accept or decline it first."))
    redactor = Redactor(words_of(person))
    for line in _lines(person):
        line.was, line.name, line.location = MASK if line.was else "", MASK if line.name else "", ""
        line.email = forgotten_address(person) if line.email else ""
        line.save()
    _redact_lists(person, redactor)
    _redact_reports(person, redactor)
    Application.objects.filter(place__person=person).update(
        **{name: [] if name in {"expertise", "involvement"} else "" for name in ANSWERS} | {"certificate_name": MASK}
    )
    _places(person).filter(state=PlaceState.REMOVED).update(removed_why=MASK)
    _forget_marks(person)
    Place.objects.of_person(person.pk).update(name=MASK, location="")


def _forget_marks(person: Person) -> None:
    """Of what was said of the person only what stands is kept: it is what was counted."""
    stand: dict[tuple[int, int], int] = {}
    for row in RollCallMark.objects.filter(place__person=person).order_by("-rest", "made_at", "key"):
        stand[row.place_id, row.day] = row.pk
    RollCallMark.objects.filter(place__person=person).exclude(pk__in=stand.values()).delete()


def _redact_lists(person: Person, redactor: Redactor) -> None:
    """What can be undone of a list names who stood there before."""
    bookings = Place.objects.of_person(person.pk).values("booking")
    for change in RosterChange.objects.filter(booking__in=bookings).exclude(changed=[]):
        change.changed = redactor.value(change.changed)
        change.save(update_fields=["changed"])


def _redact_reports(person: Person, redactor: Redactor) -> None:
    """The person's connections lose name and address; where a reason, a problem or another connection names them stands a mask."""
    _connections(person).update(name=MASK, also=[], email="", email_key="", reason="")
    named = Q()
    for word in redactor.words:
        named |= Q(connections__name__icontains=word) | Q(connections__email__icontains=word)
    known = Q(training__places__person=person) | Q(training__training_trainers__trainer__person=person) | Q(uploaded_by=person)
    for report in EvidenceReport.objects.filter(pk__in=EvidenceReport.objects.filter(known | named).values("pk")).order_by("pk"):
        report.file_name, report.topic = redactor.text(report.file_name), redactor.text(report.topic)
        report.problems, report.notes = redactor.value(report.problems), redactor.value(report.notes)
        report.save(update_fields=["file_name", "topic", "problems", "notes"])
        for row in report.connections.iterator(chunk_size=200):
            _redact_connection(row, redactor)


def _redact_connection(row: EvidenceConnection, redactor: Redactor) -> None:
    before = (row.name, row.also, row.email, row.reason)
    row.name, row.also = redactor.text(row.name), redactor.value(row.also)
    row.email, row.reason = redactor.text(row.email), redactor.text(row.reason)
    if (row.name, row.also, row.email, row.reason) != before:
        row.email_key = email_key(row.email) if row.email else ""
        row.save(update_fields=["name", "also", "email", "email_key", "reason"])


def register() -> None:
    """Called when the app is ready."""
    HELD.add("trainees", Holding(rows=_rows, things=_places, around=_around, words=_words))
