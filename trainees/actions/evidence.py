"""Videoconference reports (P9): matched by people, removed, taken over into the roll call. None of it passes or fails anyone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainees import evidence_queries as queries
from trainees.actions.roll_call import mark_team
from trainees.models import EvidenceConnection, EvidenceReport, Place
from trainees.policy import DayMarks
from trainees.states import PlaceState, Whose
from trainings.actions import lock_training
from trainings.models import Booking
from trainings.states import BookingState


class UnableToMatch(UnableTo):
    """The connection, the person or the site is not of this training any more."""


class UnableToTakeOver(UnableTo):
    """Connections wait for a decision, or nothing can be taken over of a person."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whose a connection is: a person's (`id` of the place), a site's (`id` of the booking), ignored; OPEN takes a decision back."""

    whose: Whose
    id: int | None = None


def decide_connections(*, training_id: int, decisions: Mapping[int, Decision], by: Person, now: datetime) -> int:
    """Keep whose connections are, by their ids: all or none. Returns how many changed. Raises UnableToMatch."""
    with transaction.atomic():
        training = lock_training(training_id)
        rows = EvidenceConnection.objects.of_training(training_id).filter(waiting=False, pk__in=decisions)
        found = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk")}
        if len(found) < len(decisions):
            raise UnableToMatch(_("A report was removed or replaced meanwhile: look again."))
        places, bookings = _owners(training_id, decisions.values())
        changed = [row for pk, row in found.items() if _decide(row, decisions[pk], by=by, now=now)]
        fields = ["whose", "place", "booking", "decided_at", "decided_by"]
        EvidenceConnection.objects.bulk_update(changed, fields, batch_size=200)
        if changed:
            text = ngettext(
                "Of %(n)d connection it was decided whose it is.",
                "Of %(n)d connections it was decided whose they are.",
                len(changed),
            )
            about: list[models.Model] = [*places, *bookings, training]
            journal.record(what="evidence_matched", now=now, by=by, rule="P9", why=text % {"n": len(changed)}, about=about)
    return len(changed)


def _owners(training_id: int, decisions: Iterable[Decision]) -> tuple[list[Place], list[Booking]]:
    """The places and bookings that are named. Raises UnableToMatch for one that is not at this training."""
    named: dict[Whose, set[int]] = {Whose.PERSON: set(), Whose.SITE: set()}
    for one in decisions:
        if one.whose in named:
            named[one.whose].add(one.id or 0)
    places = list(Place.objects.filter(training=training_id, state=PlaceState.ACTIVE, pk__in=named[Whose.PERSON]))
    bookings = list(Booking.objects.filter(training=training_id, state=BookingState.CONFIRMED, pk__in=named[Whose.SITE]))
    if len(places) < len(named[Whose.PERSON]) or len(bookings) < len(named[Whose.SITE]):
        raise UnableToMatch(_("Somebody who was chosen is not at this training any more: look again."))
    return places, bookings


def _decide(row: EvidenceConnection, one: Decision, *, by: Person, now: datetime) -> bool:
    """Set it; False where it stands so already."""
    place = one.id if one.whose == Whose.PERSON else None
    booking = one.id if one.whose == Whose.SITE else None
    if (row.whose, row.place_id, row.booking_id) == (one.whose, place, booking):
        return False
    row.whose, row.place_id, row.booking_id = one.whose, place, booking
    row.decided_at, row.decided_by = (None, None) if one.whose == Whose.OPEN else (now, by)
    return True


def confirm_certain(*, report_id: int, training_id: int, by: Person, now: datetime) -> int:
    """Confirm the certain suggestions of a report, in one act of a person. Returns how many. Raises UnableToMatch."""
    with transaction.atomic():
        lock_training(training_id)  # before they are read: what somebody has just decided is not open any more
        rows = EvidenceConnection.objects.of_training(training_id).certain().filter(report=report_id)
        at_hand = [row for row in rows.select_related("suggested_place", "suggested_booking") if is_possible(row)]
        decisions = {row.pk: suggested(row) for row in at_hand}
        return decide_connections(training_id=training_id, decisions=decisions, by=by, now=now)


def suggested(row: EvidenceConnection) -> Decision:
    """A suggestion as the decision that it would be."""
    return Decision(Whose(row.suggested), row.suggested_place_id or row.suggested_booking_id)


def is_possible(row: EvidenceConnection) -> bool:
    """Whether the suggestion still holds: people are taken off lists, teams are cancelled, files are old."""
    if row.suggested == Whose.PERSON:
        return row.suggested_place is not None and row.suggested_place.state == PlaceState.ACTIVE
    if row.suggested == Whose.SITE:
        return row.suggested_booking is not None and row.suggested_booking.state == BookingState.CONFIRMED
    return row.suggested == Whose.IGNORED


def remove_report(*, report_id: int, training_id: int, by: Person, now: datetime) -> None:
    """Delete a report with what was decided of it. Marks that were taken over stay. Raises UnableToMatch."""
    with transaction.atomic():
        training = lock_training(training_id)
        if EvidenceReport.objects.filter(pk=report_id, training=training.pk).delete()[0] == 0:
            raise UnableToMatch(_("This report is not there any more."))
        journal.record(what="evidence_removed", now=now, by=by, rule="P9", why=_("A report was removed."), about=[training])


def forget_report(report: EvidenceReport, *, now: datetime, why: str) -> None:
    """The run deletes a report whose time is over (P9)."""
    with transaction.atomic():
        report.delete()
        journal.record(what="evidence_outlived", now=now, rule="P9", why=why, about=[report.training])


def take_over(*, training_id: int, place_ids: Sequence[int], seen: str, by: Person, now: datetime) -> int:
    """A person writes what reports say of these places into the roll call: for the days that reports cover, in place of what stood there.

    `seen` is `Sheet.seen` of the page: what is written is what was shown. Returns how many people. Raises UnableToTakeOver, UnableToMark.
    """
    with transaction.atomic():
        training = lock_training(training_id)
        both = queries.sheet(training)
        if both.open:
            raise UnableToTakeOver(_("Say of each connection whose it is first: an open one may be the person’s."))
        if both.seen != seen:
            raise UnableToTakeOver(_("The roll call or the reports have changed meanwhile: look again, then take over."))
        chosen = [one for one in both.people if one.place.pk in set(place_ids) and one.taken]
        if not chosen:
            raise UnableToTakeOver(_("Choose at least one person of whom a connection of their own speaks alone."))
        teams: dict[int, dict[tuple[int, int], DayMarks]] = {}
        for one in chosen:
            marks = teams.setdefault(one.place.booking_id, {})
            marks.update({(one.place.pk, day): marked for day, marked in one.taken.items()})
        for booking_id, marks in sorted(teams.items()):
            mark_team(booking_id=booking_id, marks=marks, by=by, now=now)
        text = ngettext(
            "What reports say of %(n)d person was taken over into the roll call.",
            "What reports say of %(n)d people was taken over into the roll call.",
            len(chosen),
        )
        about: list[models.Model] = [*(one.place for one in chosen), training]
        journal.record(what="evidence_taken_over", now=now, by=by, rule="P9", why=text % {"n": len(chosen)}, about=about)
    return len(chosen)
