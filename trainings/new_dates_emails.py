"""L7: a training was moved: to the coordinators of each booking, and to the trainers. Old and new dates, what changed for them, what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import models
from django.urls import reverse

from carpentries_portal.common.dates import Hours, days_text, hours_of, zone_city
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, cancel, cancel_each, letter, queue, take_back
from memberships.queries import coordinators_of
from trainings import documents
from trainings.emails import booking_content
from trainings.models import Booking, Training
from trainings.policy import TrainingFacts
from trainings.states import BookingState, TrainingState

TO_TEAMS, TO_TRAINERS = "trainings.training_moved", "trainings.training_moved_trainer"
OBSOLETE = ("trainings.room_link", "trainings.roster_closed")
"""What waits about a booking and says what the move makes untrue."""


def old_dates(t: TrainingFacts) -> dict[str, str]:
    """The dates before a move, as a notice keeps them."""
    return {
        "first": t.first_day.isoformat(),
        "last": t.last_day.isoformat(),
        "starts": t.starts.isoformat(),
        "ends": t.ends.isoformat(),
        "zone": t.zone,
    }


def hours_before(kept: dict[str, str]) -> list[Hours]:
    """What `old_dates` kept, as the hours of each day."""
    return hours_of(
        first=date.fromisoformat(kept["first"]),
        last=date.fromisoformat(kept["last"]),
        starts=time.fromisoformat(kept["starts"]),
        ends=time.fromisoformat(kept["ends"]),
        zone=kept["zone"],
    )


def before(kept: dict[str, str]) -> dict[str, Any]:
    """The dates before a move as templates show them."""
    hours = hours_before(kept)
    return {"hours": hours, "days": days_text(hours[0].on, hours[-1].on), "city": zone_city(kept["zone"])}


def training_moved(
    training: Training, old: TrainingFacts, moved: Sequence[Any], *, entry: JournalEntry, now: datetime, sentence: str
) -> None:
    """Owe the letters, and take back what is untrue now. `moved`: what became of each booking that stands (actions.MovedBooking)."""
    cancel(about=training, letters=("trainings.training_at_risk",))
    cancel_each(about=[one.booking for one in moved], letters=OBSOLETE)
    occasion, common = (
        f"journal:{entry.pk}",
        {"old": old_dates(old), "round": training.round, "sentence": sentence, "sequence": entry.pk},
    )
    for one in moved:
        context = {
            **common,
            "booking": one.booking.pk,
            "seats": one.booking.seats,
            "reopened": one.reopened,
            "seats_back": one.seats_back,
            "revived": one.revived,
            "outside": one.outside,
            "hours": one.hours,
        }
        for coordinator in coordinators_of(one.booking.membership.organization_id):
            owe(TO_TEAMS, coordinator.person, about=one.booking, occasion=occasion, context=context, now=now)
    for row in training.training_trainers.select_related("trainer__person"):
        owe(
            TO_TRAINERS, row.trainer.person, about=training, occasion=occasion, context={**common, "training": training.pk}, now=now
        )


def owe(name: str, to: Person, *, about: models.Model, occasion: str, context: dict[str, Any], now: datetime) -> None:
    """A letter about a move. One about an earlier move that has not left is taken back: the reader knows the dates before that one."""
    unread = take_back(about=about, letter=name, to=to)
    if unread:
        context = {**context, "old": unread[0]["old"]}
    queue(letter=name, to=to, occasion=occasion, about=about, context=context, now=now)


def must_stand(training: Training, notice: Notice) -> None:
    """Raises Obsolete where the training was cancelled, or moved again: another letter says so."""
    if training.state == TrainingState.CANCELLED or training.round != notice.context["round"]:
        raise Obsolete("The training was moved again, or cancelled.")


def days_gone(notice: Notice, training: Training, uid: str, *, sequence: int) -> tuple[Attachment, ...]:
    """The file that takes out the days that the training has no more, where it has fewer than before; the others keep their UID."""
    old, count = hours_before(notice.context["old"]), len(training.hours())
    if len(old) <= count:
        return ()
    body = documents.ics_of_days_gone(training, old, after=count, uid=uid, now=notice.queued_at, sequence=sequence)
    return (Attachment(f"{training.code}-days-gone.ics", "text/calendar; method=CANCEL; charset=utf-8", body),)


@letter("L7", TO_TEAMS, template="trainings/emails/training_moved")
def build_training_moved(notice: Notice) -> Content:
    booking = Booking.objects.select_related("training__edition").get(pk=notice.context["booking"])
    if booking.state != BookingState.CONFIRMED:
        raise Obsolete("The booking was cancelled.")
    must_stand(booking.training, notice)
    content = booking_content(notice, cancelled=False)
    said = {name: notice.context[name] for name in ("reopened", "seats_back", "revived", "outside")}
    gone = days_gone(notice, booking.training, f"booking-{booking.pk}", sequence=notice.context["sequence"])
    return Content(
        context={**content.context, **said, "site_hours": notice.context["hours"], "old": before(notice.context["old"])},
        zone=content.zone,
        link=content.link,
        attachments=(*content.attachments, *gone),
    )


@letter("L7", TO_TRAINERS, template="trainings/emails/training_moved_trainer")
def build_training_moved_trainer(notice: Notice) -> Content:
    training, person = Training.objects.select_related("edition").get(pk=notice.context["training"]), notice.to_person
    must_stand(training, notice)
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype="text/calendar; method=PUBLISH; charset=utf-8",
        body=documents.ics_for_training(training, now=notice.queued_at),
    )
    context = {
        "training": training,
        "hours": training.hours(),
        "sentence": notice.context["sentence"],
        "old": before(notice.context["old"]),
    }
    return Content(
        context=context,
        zone=person.zone if person and person.zone else training.zone,
        link=LinkTo(purpose="training", path=reverse("trainings:detail", args=[training.code])),
        attachments=(calendar, *days_gone(notice, training, f"training-{training.pk}", sequence=2 * training.round)),
    )
