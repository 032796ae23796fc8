"""L3: names that are missing. L4: the invitation of a trainee; what tells one that the place has ended (L7 where the training was cancelled)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import models
from django.urls import reverse

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, Owed, hasten, letter, queue, queue_each
from memberships.queries import coordinators_of
from trainees.models import Place, PlaceException
from trainees.queries import attendance_missing, names_on
from trainees.states import Outcome, PlaceState
from trainings.documents import ics_for_training
from trainings.models import Booking, Training
from trainings.policy import room_link
from trainings.states import BookingState, TrainingState

INVITATION = "trainees.invitation"


def invitation(place: Place, *, now: datetime, again: str = "") -> None:
    """L4, when the place's hour has come (P13). `again`: what makes it another occasion than the first."""
    invitations([place], now=now, again=again)


def invitations(places: Sequence[Place], *, now: datetime, again: str = "") -> None:
    """L4 to each of a list. Needs their people loaded."""
    owed = [
        Owed(
            to=place.person,
            occasion=f"place:{place.pk}:{again}" if again else f"place:{place.pk}",
            about=place,
            context={"place": place.pk},
            due_at=place.invite_at,
        )
        for place in places
    ]
    queue_each(letter=INVITATION, owed=owed, now=now)


def invite_now(places: Sequence[Place], *, now: datetime) -> None:
    """The invitations of these places leave now."""
    rows: list[models.Model] = list(places)
    hasten(about=rows, letter=INVITATION, now=now)


def places_ended(places: Sequence[Place], *, now: datetime, sentence: str) -> None:
    """To each who was invited and does not take part any more: why. Needs their people loaded."""
    owed = [
        Owed(
            to=place.person,
            occasion=f"ended:{place.pk}:{now.isoformat()}",
            about=place,
            context={"place": place.pk, "sentence": sentence},
        )
        for place in places
    ]
    queue_each(letter="trainees.place_ended", owed=owed, now=now)


def address_corrected(place: Place, *, person: Person, now: datetime) -> None:
    """To the address that a place had before: the invitation goes to another, and the old link opens no more."""
    occasion, context = f"readdressed:{place.pk}:{now.isoformat()}", {"place": place.pk}
    queue(letter="trainees.address_corrected", to=person, occasion=occasion, about=place, context=context, now=now)


def remote_granted(record: PlaceException, *, now: datetime) -> None:
    """To one who may take part alone (R14): where the link will be."""
    place = record.place
    context = {"place": place.pk, "exception": record.pk}
    queue(letter="trainees.remote_granted", to=place.person, occasion=f"alone:{record.pk}", about=place, context=context, now=now)


def place_moved(place: Place, *, old: Booking, now: datetime) -> None:
    """L4 again: to one who was invited, and now takes part with the same team at another training."""
    queue(
        letter="trainees.place_moved",
        to=place.person,
        occasion=f"moved:{place.pk}:{place.booking_id}",
        about=place,
        context={"place": place.pk, "old": old.pk, "new": place.booking_id},
        now=now,
    )


def roster_wanted(booking: Booking, *, on: date, now: datetime, sentence: str) -> None:
    """L3: to each coordinator, once for a day on which it is due."""
    for coordinator in coordinators_of(booking.membership.organization_id):
        queue(
            letter="trainees.roster_wanted",
            to=coordinator.person,
            occasion=f"roster:{on.isoformat()}:{booking.round}",
            about=booking,
            context={"booking": booking.pk, "sentence": sentence},
            now=now,
        )


def attendance_wanted(training: Training, *, on: date, now: datetime, sentence: str) -> None:
    """L9: to each trainer, once for a day on which it is due."""
    for row in training.training_trainers.select_related("trainer__person"):
        queue(
            letter="trainees.attendance_wanted",
            to=row.trainer.person,
            occasion=f"attendance:{on.isoformat()}",
            about=training,
            context={"training": training.pk, "sentence": sentence},
            now=now,
        )


def outcome(place: Place, *, entry: JournalEntry, now: datetime, sentence: str, exercises: bool = True) -> None:
    """L10: passed, with the three exercises and their date, or not passed and why; who did not pass, to the coordinators as well.

    `exercises`: whether they follow; not for who is certified already (R29).
    """
    context = {"place": place.pk, "sentence": sentence, "outcome": place.outcome, "minutes": place.minutes_missed}
    context["exercises"] = exercises
    name = "trainees.passed" if place.outcome == Outcome.PASSED else "trainees.not_passed"
    queue(letter=name, to=place.person, occasion=f"journal:{entry.pk}", about=place, context=context, now=now)
    if place.outcome == Outcome.NOT_PASSED:
        for coordinator in coordinators_of(place.booking.membership.organization_id):
            queue(
                letter="trainees.not_passed_team",
                to=coordinator.person,
                occasion=f"journal:{entry.pk}",
                about=place,
                context=context,
                now=now,
            )


def _place(notice: Notice) -> Place:
    rows = Place.objects.select_related("training__edition", "booking__membership__organization", "person")
    return rows.get(pk=notice.context["place"])


def _context(place: Place) -> dict[str, object]:
    training = place.training
    edition = training.edition.edition()
    return {
        "place": place,
        "booking": place.booking,
        "training": training,
        "hours": training.hours(),
        "organization": place.booking.membership.organization,
        "max_minutes": edition.max_minutes_missed,
        "curriculum_link": edition.curriculum_link,
    }


@letter("L4", INVITATION, template="trainees/emails/invitation")
def build_invitation(notice: Notice) -> Content:
    place = Place.objects.filter(pk=notice.context["place"]).first()
    if place is None or place.state != PlaceState.ACTIVE:
        raise Obsolete("The place was taken off the roster.")
    place = _place(notice)
    if place.training.state == TrainingState.CANCELLED:
        raise Obsolete("The training was cancelled.")
    calendar = Attachment(
        name=f"{place.training.code}.ics",
        mimetype="text/calendar; method=PUBLISH; charset=utf-8",
        body=ics_for_training(place.training, now=notice.queued_at),
    )
    link = LinkTo(purpose="place", path=reverse("trainees:place", args=[place.pk]))
    return Content(context=_context(place), zone=place.booking.site_zone, link=link, attachments=(calendar,))


@letter("L4", "trainees.place_moved", template="trainees/emails/place_moved")
def build_place_moved(notice: Notice) -> Content:
    """With two calendar files: the new days, and the old ones taken out."""
    place = _place(notice)
    if place.state != PlaceState.ACTIVE or place.booking_id != notice.context["new"]:
        raise Obsolete("The person does not take part any more, or the team has moved on.")
    old = Booking.objects.select_related("training__edition").get(pk=notice.context["old"]).training
    files = tuple(
        Attachment(
            name=f"{training.code}{'-cancelled' if gone else ''}.ics",
            mimetype=f"text/calendar; method={'CANCEL' if gone else 'PUBLISH'}; charset=utf-8",
            body=ics_for_training(training, now=notice.queued_at, gone=gone),
        )
        for training, gone in ((place.training, False), (old, True))
    )
    link = LinkTo(purpose="place", path=reverse("trainees:place", args=[place.pk]))
    return Content(context={**_context(place), "old": old}, zone=place.booking.site_zone, link=link, attachments=files)


@letter("L7", "trainees.place_ended", template="trainees/emails/place_ended")
def build_place_ended(notice: Notice) -> Content:
    place = _place(notice)
    context = {**_context(place), "sentence": notice.context["sentence"]}
    return Content(context=context, zone=place.booking.site_zone)


@letter("L6", "trainees.remote_granted", template="trainees/emails/remote_granted")
def build_remote_granted(notice: Notice) -> Content:
    place = _place(notice)
    record = PlaceException.objects.get(pk=notice.context["exception"])
    if place.state != PlaceState.ACTIVE or not record.is_in_force(notice.claimed_at or notice.queued_at):
        raise Obsolete("The place ended, or the exception was taken back.")
    link = LinkTo(purpose="place", path=reverse("trainees:place", args=[place.pk]))
    given = room_link(place.training.facts(seats_booked=0), now=notice.claimed_at or notice.queued_at)
    context = {**_context(place), "given": given}
    return Content(context=context, zone=place.booking.site_zone, link=link)


@letter("L4", "trainees.address_corrected", template="trainees/emails/address_corrected")
def build_address_corrected(notice: Notice) -> Content:
    place = _place(notice)
    return Content(context=_context(place), zone=place.booking.site_zone)


def _outcome_content(notice: Notice, *, outcome: Outcome) -> Content:
    place = _place(notice)
    told = notice.context.get("minutes", place.minutes_missed)
    if place.outcome != outcome or (outcome == Outcome.NOT_PASSED and place.minutes_missed != told):
        raise Obsolete("The attendance was corrected.")
    training, edition = place.training, place.training.edition.edition()
    due = CutOff(on=training.ends_on + timedelta(days=edition.checkout_days), zone=training.zone)
    exercises = edition.exercises if notice.context.get("exercises", True) else ()
    context = {**_context(place), "sentence": notice.context["sentence"], "due": due, "exercises": exercises}
    mine = notice.to_person_id == place.person_id
    path = reverse("trainees:place", args=[place.pk]) if mine else reverse("pages:booking", args=[place.booking_id])
    return Content(context=context, zone=place.booking.site_zone, link=LinkTo(purpose="place", path=path))


@letter("L10", "trainees.passed", template="trainees/emails/passed")
def build_passed(notice: Notice) -> Content:
    return _outcome_content(notice, outcome=Outcome.PASSED)


@letter("L10", "trainees.not_passed", template="trainees/emails/not_passed")
def build_not_passed(notice: Notice) -> Content:
    return _outcome_content(notice, outcome=Outcome.NOT_PASSED)


@letter("L10", "trainees.not_passed_team", template="trainees/emails/not_passed_team")
def build_not_passed_team(notice: Notice) -> Content:
    return _outcome_content(notice, outcome=Outcome.NOT_PASSED)


@letter("L9", "trainees.attendance_wanted", template="trainees/emails/attendance_wanted")
def build_attendance_wanted(notice: Notice) -> Content:
    training = Training.objects.select_related("edition").get(pk=notice.context["training"])
    if not attendance_missing(notice.claimed_at or notice.queued_at).filter(pk=training.pk).exists():
        raise Obsolete("Attendance is confirmed.")
    context = {
        "training": training,
        "hours": training.hours(),
        "sentence": notice.context["sentence"],
        "max_minutes": training.edition.edition().max_minutes_missed,
    }
    person = notice.to_person
    zone = person.zone if person and person.zone else training.zone
    path = reverse("trainees:attendance", args=[training.code])
    return Content(context=context, zone=zone, link=LinkTo(purpose="attendance", path=path))


@letter("L3", "trainees.roster_wanted", template="trainees/emails/roster_wanted")
def build_roster_wanted(notice: Notice) -> Content:
    rows = Booking.objects.select_related("training__edition", "membership__organization")
    booking = rows.get(pk=notice.context["booking"])
    now = notice.claimed_at or notice.queued_at
    names = names_on([booking.pk]).get(booking.pk, 0)
    closed = booking.state != BookingState.CONFIRMED or booking.roster_closed_at is not None or booking.roster_cut_off().passed(now)
    if names >= booking.seats or closed:
        raise Obsolete("The roster is complete, or closed.")
    context = {
        "booking": booking,
        "training": booking.training,
        "hours": booking.training.hours(),
        "sentence": notice.context["sentence"],
        "organization": booking.membership.organization,
        "roster": booking.roster_cut_off(),
    }
    link = LinkTo(purpose="booking", path=reverse("trainees:people", args=[booking.pk]))
    return Content(context=context, zone=booking.site_zone, link=link)
