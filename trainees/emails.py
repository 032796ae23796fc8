"""L4: the invitation of a trainee; what tells one that the place has ended (L7 where the training was cancelled)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, hasten, letter, queue
from trainees.models import Place
from trainees.states import PlaceState
from trainings.documents import ics_for_training
from trainings.states import TrainingState

INVITATION = "trainees.invitation"


def invitation(place: Place, *, now: datetime) -> None:
    """L4, when the place's hour has come (P13)."""
    context = {"place": place.pk}
    queue(
        letter=INVITATION,
        to=place.person,
        occasion=f"place:{place.pk}",
        about=place,
        context=context,
        now=now,
        due_at=place.invite_at,
    )


def invite_now(places: Sequence[Place], *, now: datetime) -> None:
    """The invitations of these places leave now."""
    rows: list[models.Model] = list(places)
    hasten(about=rows, letter=INVITATION, now=now)


def place_ended(place: Place, *, now: datetime, sentence: str) -> None:
    """To one who was invited and does not take part any more: why."""
    queue(
        letter="trainees.place_ended",
        to=place.person,
        occasion=f"ended:{place.pk}:{now.isoformat()}",
        about=place,
        context={"place": place.pk, "sentence": sentence},
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


@letter("L7", "trainees.place_ended", template="trainees/emails/place_ended")
def build_place_ended(notice: Notice) -> Content:
    place = _place(notice)
    context = {**_context(place), "sentence": notice.context["sentence"]}
    return Content(context=context, zone=place.booking.site_zone)
