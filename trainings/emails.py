"""L2: a booking confirmed, changed, cancelled. L7: a training at risk, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import Attachment, Content, LinkTo, cancel, letter, queue
from memberships.queries import coordinators_of
from trainings import documents
from trainings.models import Booking, Training
from trainings.queries import alternatives


def _to_coordinators(name: str, booking: Booking, *, entry: JournalEntry, now: datetime, context: dict[str, object]) -> None:
    for coordinator in coordinators_of(booking.membership.organization_id):
        queue(
            letter=name,
            to=coordinator.person,
            occasion=f"journal:{entry.pk}",
            about=booking,
            context={"booking": booking.pk, "seats": booking.seats, "sequence": entry.pk, **context},
            now=now,
        )


def booking_confirmed(booking: Booking, *, entry: JournalEntry, now: datetime, verdicts: Sequence[Verdict]) -> None:
    """L2, at once, with the warnings that were shown."""
    said = [[verdict.rule, verdict.sentence] for verdict in verdicts if verdict.warned or verdict.exception]
    _to_coordinators("trainings.booking_confirmed", booking, entry=entry, now=now, context={"said": said})


def booking_changed(booking: Booking, *, entry: JournalEntry, now: datetime, sentence: str) -> None:
    """L2, at once: what changed."""
    _to_coordinators("trainings.booking_changed", booking, entry=entry, now=now, context={"sentence": sentence})


def booking_cancelled(booking: Booking, *, entry: JournalEntry, now: datetime, sentence: str) -> None:
    """L2, at once: where the seats went."""
    context = {"sentence": sentence, "seats": booking.cancelled_seats}
    _to_coordinators("trainings.booking_cancelled", booking, entry=entry, now=now, context=context)


def training_cancelled(
    training: Training, *, entry: JournalEntry, now: datetime, sentence: str, bookings: Sequence[Booking]
) -> None:
    """L7: to the trainers, and to the coordinators of each booking. A warning that it is at risk is obsolete then."""
    cancel(about=training, letters=("trainings.training_at_risk",))
    for booking in bookings:
        context: dict[str, object] = {"sentence": sentence, "seats": booking.cancelled_seats}
        _to_coordinators("trainings.training_cancelled", booking, entry=entry, now=now, context=context)
    for row in training.training_trainers.select_related("trainer__person"):
        queue(
            letter="trainings.training_cancelled_trainer",
            to=row.trainer.person,
            occasion=f"journal:{entry.pk}",
            about=training,
            context={"training": training.pk, "sentence": sentence, "sequence": entry.pk},
            now=now,
        )


def training_at_risk(training: Training, *, now: datetime, sentence: str, cut_off: CutOff) -> None:
    """L7: to staff, once for a cut-off."""
    queue(
        letter="trainings.training_at_risk",
        to=None,
        occasion=f"at-risk:{cut_off.on.isoformat()}:{training.round}",
        about=training,
        context={"training": training.pk, "sentence": sentence},
        now=now,
    )


def _booking(notice: Notice) -> Booking:
    rows = Booking.objects.select_related("training__edition", "membership__organization", "membership__edition", "reservation")
    return rows.get(pk=notice.context["booking"])


def _booking_content(notice: Notice, *, cancelled: bool) -> Content:
    booking = _booking(notice)
    training = booking.training
    context = {
        "booking": booking,
        "training": training,
        "hours": training.hours(),
        "seats": notice.context["seats"],
        "sentence": notice.context.get("sentence", ""),
        "said": notice.context.get("said", []),
        "roster": booking.roster_cut_off(),
        "sign_up": training.sign_up,
        "person": notice.to_person,
        "left": booking.membership.available,
        "membership": booking.membership,
    }
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype=f"text/calendar; method={'CANCEL' if cancelled else 'PUBLISH'}; charset=utf-8",
        body=documents.ics_for_booking(booking, now=notice.queued_at, sequence=notice.context["sequence"], cancelled=cancelled),
    )
    path = reverse("pages:booking", args=[booking.pk])
    return Content(context=context, zone=booking.site_zone, link=LinkTo(purpose="booking", path=path), attachments=(calendar,))


@letter("L2", "trainings.booking_confirmed", template="trainings/emails/booking_confirmed")
def build_confirmed(notice: Notice) -> Content:
    return _booking_content(notice, cancelled=False)


@letter("L2", "trainings.booking_changed", template="trainings/emails/booking_changed")
def build_changed(notice: Notice) -> Content:
    return _booking_content(notice, cancelled=False)


@letter("L2", "trainings.booking_cancelled", template="trainings/emails/booking_cancelled")
def build_cancelled(notice: Notice) -> Content:
    return _booking_content(notice, cancelled=True)


@letter("L7", "trainings.training_cancelled", template="trainings/emails/training_cancelled")
def build_training_cancelled(notice: Notice) -> Content:
    content = _booking_content(notice, cancelled=True)
    booking = _booking(notice)
    others = alternatives(
        membership=booking.membership,
        seats=booking.cancelled_seats,
        site_zone=booking.site_zone,
        now=notice.queued_at,
        exclude=[booking.training_id],
    )
    return Content(
        context={**content.context, "alternatives": others},
        zone=content.zone,
        link=LinkTo(purpose="membership", path=reverse("pages:membership", args=[booking.membership_id])),
        attachments=content.attachments,
    )


def _training_content(notice: Notice, path: str) -> Content:
    training = Training.objects.select_related("edition").get(pk=notice.context["training"])
    context = {
        "training": training,
        "hours": training.hours(),
        "sentence": notice.context["sentence"],
        "sign_up": training.sign_up,
        "person": notice.to_person,
    }
    path = path or reverse("trainings:detail", args=[training.code])
    zone = notice.to_person.zone if notice.to_person and notice.to_person.zone else training.zone
    return Content(context=context, zone=zone, link=LinkTo(purpose="training", path=path))


@letter("L7", "trainings.training_cancelled_trainer", template="trainings/emails/training_cancelled_trainer")
def build_training_cancelled_trainer(notice: Notice) -> Content:
    return _training_content(notice, "")


@letter("L7", "trainings.training_at_risk", template="trainings/emails/training_at_risk")
def build_at_risk(notice: Notice) -> Content:
    return _training_content(notice, reverse("admin:trainings_training_change", args=[notice.context["training"]]))
