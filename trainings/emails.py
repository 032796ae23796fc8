"""L2: a booking confirmed, changed, cancelled. L7: a training at risk, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, cancel, letter, queue
from memberships.queries import coordinators_of
from trainings import documents
from trainings.models import Booking, Training
from trainings.queries import alternatives
from trainings.states import BookingState, TrainingState


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


def booking_moved(booking: Booking, *, entry: JournalEntry, now: datetime, sentence: str) -> None:
    """L2, at once: where the team goes now, and what became of the seats at the training that it left."""
    _to_coordinators("trainings.booking_moved", booking, entry=entry, now=now, context={"sentence": sentence})


def room_link(booking: Booking, *, now: datetime, on: date, again: str = "") -> None:
    """L6: to each coordinator, once for the day on which it is given; `again`: what makes it another occasion, where the link changed."""
    for coordinator in coordinators_of(booking.membership.organization_id):
        queue(
            letter="trainings.room_link",
            to=coordinator.person,
            occasion=again or f"link:{on.isoformat()}:{booking.training.round}",
            about=booking,
            context={"booking": booking.pk},
            now=now,
        )


def roster_closed(booking: Booking, *, entry: JournalEntry, now: datetime, sentence: str) -> None:
    """L3 "closed": what the roster's closing meant (P6)."""
    context: dict[str, object] = {"sentence": sentence, "seats": booking.seats or booking.cancelled_seats}
    _to_coordinators("trainings.roster_closed", booking, entry=entry, now=now, context=context)


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


def _sent_at(notice: Notice) -> datetime:
    """The instant at which the letter leaves: a letter is made when it is claimed."""
    return notice.claimed_at or notice.queued_at


def booking_content(notice: Notice, *, cancelled: bool) -> Content:
    """What each letter about a booking has: its training, seats and dates, and the calendar file."""
    booking = _booking(notice)
    training, membership, now = booking.training, booking.membership, _sent_at(notice)
    roster = booking.roster_cut_off()
    context = {
        "booking": booking,
        "training": training,
        "hours": training.hours(),
        "seats": notice.context["seats"],
        "sentence": notice.context.get("sentence", ""),
        "said": notice.context.get("said", []),
        "roster": None if roster.passed(now) else roster,
        "sign_up": None if training.sign_up.passed(now) else training.sign_up,
        "membership": membership,
        "last_day": None if membership.has_ended(now) else membership.cut_off(),
    }
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype=f"text/calendar; method={'CANCEL' if cancelled else 'PUBLISH'}; charset=utf-8",
        body=documents.ics_for_booking(booking, now=notice.queued_at, sequence=notice.context["sequence"], cancelled=cancelled),
    )
    path = reverse("pages:booking", args=[booking.pk])
    return Content(context=context, zone=booking.site_zone, link=LinkTo(purpose="booking", path=path), attachments=(calendar,))


def _standing(notice: Notice) -> Content:
    """Of a booking that stands: cancelled before this left, the letter that says so is enough."""
    if _booking(notice).state != BookingState.CONFIRMED:
        raise Obsolete("The booking was cancelled.")
    return booking_content(notice, cancelled=False)


@letter("L2", "trainings.booking_confirmed", template="trainings/emails/booking_confirmed")
def build_confirmed(notice: Notice) -> Content:
    return _standing(notice)


@letter("L2", "trainings.booking_changed", template="trainings/emails/booking_changed")
def build_changed(notice: Notice) -> Content:
    return _standing(notice)


@letter("L2", "trainings.booking_cancelled", template="trainings/emails/booking_cancelled")
def build_cancelled(notice: Notice) -> Content:
    return booking_content(notice, cancelled=True)


@letter("L2", "trainings.booking_moved", template="trainings/emails/booking_moved")
def build_moved(notice: Notice) -> Content:
    """With two calendar files: the new days, and the old ones taken out."""
    content, old = booking_content(notice, cancelled=False), _booking(notice).moved_from
    assert old is not None
    old = Booking.objects.select_related("training__edition").get(pk=old.pk)
    gone = Attachment(
        name=f"{old.training.code}-cancelled.ics",
        mimetype="text/calendar; method=CANCEL; charset=utf-8",
        body=documents.ics_for_booking(old, now=notice.queued_at, sequence=notice.context["sequence"], cancelled=True),
    )
    context = {**content.context, "old": old.training}
    return Content(context=context, zone=content.zone, link=content.link, attachments=(*content.attachments, gone))


@letter("L6", "trainings.room_link", template="trainings/emails/room_link")
def build_room_link(notice: Notice) -> Content:
    booking = _booking(notice)
    training = booking.training
    if booking.state != BookingState.CONFIRMED or training.state == TrainingState.CANCELLED or training.has_begun(_sent_at(notice)):
        raise Obsolete("The team does not come, or the training has begun.")
    context = {
        "booking": booking,
        "training": training,
        "hours": training.hours(),
        "organization": booking.membership.organization,
    }
    link = LinkTo(purpose="booking", path=reverse("pages:booking", args=[booking.pk]))
    return Content(context=context, zone=booking.site_zone, link=link)


@letter("L3", "trainings.roster_closed", template="trainings/emails/roster_closed")
def build_roster_closed(notice: Notice) -> Content:
    return booking_content(notice, cancelled=_booking(notice).state == BookingState.CANCELLED)


@letter("L7", "trainings.training_cancelled", template="trainings/emails/training_cancelled")
def build_training_cancelled(notice: Notice) -> Content:
    content = booking_content(notice, cancelled=True)
    booking, seats = _booking(notice), notice.context["seats"]
    fitting = alternatives(
        membership=booking.membership,
        seats=seats,
        site_zone=booking.site_zone,
        now=_sent_at(notice),
        exclude=[booking.training_id],
    )
    wanted = urlencode({"membership": booking.membership_id, "seats": seats})
    others = [{"offer": offer, "url": f"{_book_url(offer.training)}?{wanted}"} for offer in fitting]
    return Content(
        context={**content.context, "others": others},
        zone=content.zone,
        link=LinkTo(purpose="membership", path=reverse("pages:membership", args=[booking.membership_id])),
        attachments=content.attachments,
    )


def _book_url(training: Training) -> str:
    return settings.SITE_URL + reverse("trainings:book", args=[training.code])


def _training(notice: Notice) -> Training:
    return Training.objects.select_related("edition").get(pk=notice.context["training"])


def _training_context(notice: Notice, training: Training) -> dict[str, object]:
    return {
        "training": training,
        "hours": training.hours(),
        "sentence": notice.context["sentence"],
        "sign_up": training.sign_up,
    }


@letter("L7", "trainings.training_cancelled_trainer", template="trainings/emails/training_cancelled_trainer")
def build_training_cancelled_trainer(notice: Notice) -> Content:
    training, person = _training(notice), notice.to_person
    calendar = Attachment(
        name=f"{training.code}.ics",
        mimetype="text/calendar; method=CANCEL; charset=utf-8",
        body=documents.ics_for_training(training, now=notice.queued_at),
    )
    return Content(
        context=_training_context(notice, training),
        zone=person.zone if person and person.zone else training.zone,
        link=LinkTo(purpose="training", path=reverse("trainings:detail", args=[training.code])),
        attachments=(calendar,),
    )


@letter("L7", "trainings.training_at_risk", template="trainings/emails/training_at_risk")
def build_at_risk(notice: Notice) -> Content:
    training = _training(notice)
    if training.state != TrainingState.SCHEDULED:
        raise Obsolete("The training is scheduled no longer.")
    path = reverse("admin:trainings_training_change", args=[training.pk])
    return Content(context=_training_context(notice, training), zone=training.zone, link=LinkTo(purpose="desk", path=path))
