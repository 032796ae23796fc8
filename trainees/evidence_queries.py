"""Reads of videoconference reports: what was read, whose it seems to be, and all of it beside the roll call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, Hours, today_in
from carpentries_portal.common.prepared import prepared
from memberships.models import Coordinator
from trainees import policy
from trainees.evidence import Connection, RosterPerson, TeamSite, presence
from trainees.evidence.intervals import Spans, merge
from trainees.models import EvidenceConnection, EvidenceReport, Place
from trainees.policy import Beside, DayMarks, Flag, Seen, Source
from trainees.queries import Team, roll_call
from trainees.states import Whose
from trainings.models import Booking, Trainer, Training


def kept_days() -> int:
    """Days after the training for which reports are kept: until attendance was confirmed, asked about and corrected."""
    return int(settings.PORTAL_EVIDENCE_DAYS)


def kept_until(training: Training) -> CutOff:
    """The last day on which the training's reports are kept, in its zone."""
    return CutOff(on=training.ends_on + timedelta(days=kept_days()), zone=training.zone)


def reports_outlived(now: datetime) -> models.QuerySet[EvidenceReport]:
    """Reports that may be due for deletion, by a day's margin for zones; the oldest first."""
    last = now.date() - timedelta(days=kept_days()) + timedelta(days=1)
    return EvidenceReport.objects.filter(training__ends_on__lt=last).select_related("training").order_by("pk")


def reports_of(training: Training) -> list[EvidenceReport]:
    """The reports of a training with their connections in the order of the file. Two queries."""
    connections = EvidenceConnection.objects.select_related(
        "place__booking__membership__organization",
        "suggested_place__booking__membership__organization",
        "booking__membership__organization",
        "suggested_booking__membership__organization",
        "decided_by",
    )
    rows = EvidenceReport.objects.filter(training=training.pk).select_related("uploaded_by").order_by("pk")
    reports = list(rows.prefetch_related(models.Prefetch("connections", connections.order_by("pk"))))
    for report in reports:
        report.training = training
    return reports


def people_of(training: Training) -> list[RosterPerson]:
    """Who may be named in a report: the people on the rosters, and the trainers. Two queries."""
    places = Place.objects.active().filter(training=training.pk, booking__state="confirmed")
    people = [RosterPerson(pk, name, email) for pk, name, email in places.values_list("pk", "name", "person__email")]
    trainers = Trainer.objects.filter(training_trainers__training=training.pk).values_list("pk", "person__name", "person__email")
    return people + [RosterPerson(pk, name, email, trains=True) for pk, name, email in trainers]


def sites_of(training: Training) -> list[TeamSite]:
    """Where the teams meet, once for each of their coordinators: a room may be logged in with any one's address. Two queries."""
    bookings = Booking.objects.confirmed().filter(training=training.pk).select_related("membership__organization")
    emails: dict[int, list[str]] = {}
    for organization, email in Coordinator.objects.filter(
        organization__memberships__bookings__training=training.pk, removed_at__isnull=True
    ).values_list("organization", "person__email"):
        emails.setdefault(organization, []).append(email)
    return [
        TeamSite(booking.pk, booking.site, booking.membership.organization.name, email)
        for booking in bookings
        for email in dict.fromkeys(emails.get(booking.membership.organization_id, [""]))
    ]


def decided_before(training: Training) -> dict[str, EvidenceConnection]:
    """What was decided of an address or a name in this training's reports, by `key_of`; where reports disagree, the newest."""
    rows = EvidenceConnection.objects.of_training(training.pk).exclude(whose=Whose.OPEN).order_by("decided_at", "pk")
    return {key_of(row.email_key, row.name): row for row in rows}


def key_of(email_key: str, name: str) -> str:
    """By which a connection of one report is that of another: its address, or its name where it has none."""
    return email_key or f"name {name.casefold()}"


# Beside the roll call


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person by both. `taken` is what a take-over would write, by day; empty where it cannot be."""

    place: Place
    beside: Beside
    taken: Mapping[int, DayMarks]

    @property
    def words(self) -> str:
        """What the reports say, as a sentence without a full stop."""
        return _words(self.beside)

    @property
    def taken_words(self) -> str:
        """What a take-over would write, day by day."""
        return "; ".join(_("day %(n)d: %(said)s") % {"n": day, "said": policy.words_of(one)} for day, one in self.taken.items())


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team by both. `room_missed`: minutes of teaching without the room's connection; None where no connection is the room's."""

    booking: Booking
    room_missed: int | None
    people: list[PersonLine]

    @property
    def flagged(self) -> int:
        return sum(one.beside.flagged for one in self.people)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All teams of a training by both; which days the reports speak of; how many connections nobody has decided."""

    teams: list[TeamLine]
    days: list[tuple[int, Hours, bool]]
    open: int

    @property
    def settled(self) -> bool:
        """Whether it can be compared: there is a report, and each connection was decided."""
        return not self.open and any(covered for _number, _hours, covered in self.days)

    @property
    def people(self) -> Iterator[PersonLine]:
        return (one for team in self.teams for one in team.people)

    @property
    def flagged(self) -> int:
        return sum(team.flagged for team in self.teams)

    @property
    def can_take(self) -> int:
        return sum(bool(one.taken) for one in self.people)

    @property
    def seen(self) -> str:
        """A digest of what would be written: taken over is what was shown."""
        said = "\n".join(f"{one.place.pk} {sorted(one.taken.items())}" for one in self.people if one.taken)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@prepared
def _read_connections(training_id: Any) -> models.QuerySet[EvidenceConnection]:
    rows = EvidenceConnection.objects.of_training(training_id).filter(waiting=False).order_by("pk")
    return rows.only("whose", "place", "booking", "intervals", "waiting")


def sheet(training: Training, *, teams: Sequence[Team] | None = None) -> Sheet:
    """The reports of a training beside its roll call. One query where the roll call (`teams`) is given, else five."""
    connections = _read_connections(training_id=training.pk)
    hours = training.hours()
    spans = {row.pk: _by_day(row, hours) for row in connections}
    covered = policy.covered_days(list(spans.values()), hours)
    own = _together({row.pk: row.place_id for row in connections}, spans, len(hours))
    rooms = _together({row.pk: row.booking_id for row in connections}, spans, len(hours))
    nothing: tuple[Spans, ...] = ((),) * len(hours)
    given = roll_call(training) if teams is None else teams
    lines = []
    for team in given:
        room = rooms.get(team.booking.pk, nothing)
        people = [_person(place, team.booking, Seen(covered, own.get(place.pk, nothing), room)) for place in team.places]
        missing = _room_missed(training, hours, covered, room) if any(room) else None
        lines.append(TeamLine(team.booking, missing, people))
    days = [(number, day, covered[number - 1]) for number, day in enumerate(hours, start=1)]
    return Sheet(teams=lines, days=days, open=sum(row.is_open for row in connections))


def _by_day(row: EvidenceConnection, hours: Sequence[Hours]) -> tuple[Spans, ...]:
    connection = Connection(name="", email="", intervals=row.instants(), lines=())
    return presence(connection, [day.starts_at for day in hours])


def _together(owners: Mapping[int, int | None], spans: Mapping[int, tuple[Spans, ...]], days: int) -> dict[int, tuple[Spans, ...]]:
    """The connections of each owner merged, day by day: a laptop and a phone are one presence."""
    found: dict[int, list[tuple[Spans, ...]]] = {}
    for pk, owner in owners.items():
        if owner is not None:
            found.setdefault(owner, []).append(spans[pk])
    return {owner: tuple(merge(span for one in all_ for span in one[day]) for day in range(days)) for owner, all_ in found.items()}


def _person(place: Place, booking: Booking, seen: Seen) -> PersonLine:
    training, hours = place.training, place.training.hours()
    rows = {row.day: row.marks() for row in place.roll_calls.all()}
    both = policy.beside(
        seen,
        marks=[rows.get(number) for number in range(1, len(hours) + 1)],
        scheduled=policy.teaching(training.agenda, hours),
        hours=hours,
        alone=place.remote,
        most=training.edition.edition().max_minutes_missed,
    )
    taken: dict[int, DayMarks] = {}
    # beside a room's connection one's own is a phone on the table: when it is off, its owner may sit there all the same
    if both.source is Source.OWN and booking.attendance_confirmed_at is None:
        taken = {n + 1: policy.marks_of(seen.own[n], hours[n]) for n in range(len(hours)) if seen.covered[n]}
        if both.flag is Flag.AGREES or all(rows.get(day) == marks for day, marks in taken.items()):
            taken = {}
    return PersonLine(place, both, taken)


def _room_missed(training: Training, hours: Sequence[Hours], covered: Iterable[bool], room: Sequence[Spans]) -> int:
    """Minutes of teaching, on the days that reports cover, for which the room was not connected."""
    scheduled = [spans if there else () for spans, there in zip(policy.teaching(training.agenda, hours), covered, strict=True)]
    return policy.missed(scheduled, room).minutes


def _words(both: Beside) -> str:
    if both.source is Source.NOTHING:
        return _("In no report: neither a connection of their own nor the room’s")
    said = {
        Source.OWN: _("Their own connection: %(n)d minutes of teaching missed"),
        Source.ROOM: _("The room’s connection: %(n)d minutes of teaching missed"),
        Source.BOTH: _("Their own connection and the room’s: %(n)d minutes of teaching missed"),
    }
    return said[both.source] % {"n": both.report}


def against(training: Training, teams: Sequence[Team]) -> dict[int, str]:
    """What the reports say where they differ from the roll call, by place; nothing until each connection was decided. One query."""
    both = sheet(training, teams=teams)
    return {one.place.pk: one.words for one in both.people if one.beside.flagged} if both.settled else {}


def is_outlived(training: Training, now: datetime) -> bool:
    """Whether its reports are kept no more. Twin of `reports_outlived`, to the day."""
    return today_in(training.zone, now) > kept_until(training).on
