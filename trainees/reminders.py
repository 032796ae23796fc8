"""L5: applications that are missing. L8: one week to go. What is owed, and what their letters say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from django.urls import reverse

from carpentries_portal.common.dates import CutOff, instant
from carpentries_portal.common.models import Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue
from memberships.queries import coordinators_of
from trainees.models import Place
from trainees.queries import unfinished
from trainees.states import Outcome, PlaceState
from trainings.models import Booking, Training
from trainings.queries import bookings_to_end
from trainings.states import BookingState, TrainingState


def one_week(training: Training, *, on: date, now: datetime) -> None:
    """L8: to everybody who takes part, to the coordinators of each team, to the trainers; once a person."""

    def owe(to: Person, path: str, *, booking: int | None = None, place: int | None = None) -> None:
        context = {"training": training.pk, "booking": booking, "place": place, "path": path}
        queue(
            letter="trainees.one_week",
            to=to,
            occasion=f"week:{on.isoformat()}:{training.round}",
            about=training,
            context=context,
            now=now,
        )

    for place in Place.objects.active().filter(training=training.pk).select_related("person").order_by("pk"):
        owe(place.person, reverse("trainees:place", args=[place.pk]), booking=place.booking_id, place=place.pk)
    for booking in bookings_to_end(training.pk):
        for coordinator in coordinators_of(booking.membership.organization_id):
            owe(coordinator.person, reverse("pages:booking", args=[booking.pk]), booking=booking.pk)
    for row in training.training_trainers.select_related("trainer__person"):
        owe(row.trainer.person, reverse("trainees:attendance", args=[training.code]))


def application_missing(place: Place, *, occasion: str, now: datetime) -> None:
    """L5 to one person."""
    context = {"place": place.pk}
    queue(letter="trainees.application_missing", to=place.person, occasion=occasion, about=place, context=context, now=now)


def remindable(booking_id: int, *, now: datetime) -> list[Place]:
    """Of a team, those who can be reminded of the application: invited, not finished, and not without use because they did not pass."""
    return [place for place in unfinished(booking_id) if place.invited(now) and place.outcome != Outcome.NOT_PASSED]


def reminded_on(place_ids: Iterable[int], *, day: date, zone: str) -> set[int]:
    """Of these places, those to whom L5 was owed on a day of the zone's calendar. One query."""
    rows = Notice.objects.filter(letter="trainees.application_missing", subject_label="trainees.place", subject_id__in=place_ids)
    begins, ends = instant(day, time.min, zone), CutOff(on=day, zone=zone).ends_at
    rows = rows.filter(queued_at__gte=begins, queued_at__lt=ends).exclude(state=NoticeState.CANCELLED)
    return {pk for pk in rows.values_list("subject_id", flat=True) if pk is not None}


def applications_missing(booking: Booking, *, on: date, now: datetime) -> None:
    """L5: to each who has not finished, and the list of them to the coordinators."""
    places = unfinished(booking.pk)
    occasion = f"application:{on.isoformat()}:{booking.pk}"
    for place in places:
        application_missing(place, occasion=occasion, now=now)
    for coordinator in coordinators_of(booking.membership.organization_id):
        context = {"booking": booking.pk}
        queue(
            letter="trainees.applications_missing",
            to=coordinator.person,
            occasion=occasion,
            about=booking,
            context=context,
            now=now,
        )


@letter("L8", "trainees.one_week", template="trainees/emails/one_week")
def build_one_week(notice: Notice) -> Content:
    training = Training.objects.select_related("edition").get(pk=notice.context["training"])
    if training.state != TrainingState.SCHEDULED or training.has_begun(notice.claimed_at or notice.queued_at):
        raise Obsolete("The training was cancelled, or has begun.")
    booking = Booking.objects.filter(pk=notice.context["booking"]).first() if notice.context["booking"] else None
    place = Place.objects.filter(pk=notice.context["place"]).first() if notice.context["place"] else None
    if (booking is not None and booking.state != BookingState.CONFIRMED) or (
        place is not None and (place.state != PlaceState.ACTIVE or place.training_id != training.pk)
    ):
        raise Obsolete("The person does not take part any more.")
    edition = training.edition.edition()
    context = {
        "training": training,
        "hours": training.hours(),
        "booking": booking,
        "place": place,
        "max_minutes": edition.max_minutes_missed,
        "curriculum_link": edition.curriculum_link,
    }
    zone = booking.site_zone if booking is not None else training.zone
    return Content(context=context, zone=zone, link=LinkTo(purpose="week", path=notice.context["path"]))


@letter("L5", "trainees.application_missing", template="trainees/emails/application_missing")
def build_application_missing(notice: Notice) -> Content:
    rows = Place.objects.select_related("training__edition", "booking__membership__organization", "application")
    place = rows.get(pk=notice.context["place"])
    application = getattr(place, "application", None)
    if place.state != PlaceState.ACTIVE or (application is not None and application.finished_at is not None):
        raise Obsolete("The application is complete, or not needed any more.")
    context = {
        "place": place,
        "training": place.training,
        "hours": place.training.hours(),
        "begun": application is not None,
        "over": place.training.ends_at <= (notice.claimed_at or notice.queued_at),
    }
    link = LinkTo(purpose="place", path=reverse("trainees:application", args=[place.pk]))
    return Content(context=context, zone=place.booking.site_zone, link=link)


@letter("L5", "trainees.applications_missing", template="trainees/emails/applications_missing")
def build_applications_missing(notice: Notice) -> Content:
    booking = Booking.objects.select_related("training__edition", "membership__organization").get(pk=notice.context["booking"])
    places = unfinished(booking.pk)
    if not places or booking.state != BookingState.CONFIRMED:
        raise Obsolete("No application is missing any more.")
    context = {"booking": booking, "training": booking.training, "hours": booking.training.hours(), "places": places}
    link = LinkTo(purpose="booking", path=reverse("trainees:people", args=[booking.pk]))
    return Content(context=context, zone=booking.site_zone, link=link)
