"""A training got new dates (P8): its people stay, none is at two places (P11), who was invited hears of it, what is obsolete goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.models import Person
from carpentries_portal.common.notices import cancel, cancel_each
from carpentries_portal.common.people import lock_known
from trainees import new_dates_emails as emails
from trainees import overlaps, policy
from trainees.actions.remote import alone_to_the_end
from trainees.actions.rosters import UnableToChangeRoster
from trainees.models import Place, RollCall, RosterRequest
from trainings.models import Booking, Training
from trainings.policy import TrainingFacts

OF_TRAINING = ("trainees.one_week", "trainees.attendance_wanted")
OF_BOOKING = ("trainees.roster_wanted", "trainees.applications_missing")
OF_PLACE = ("trainees.application_missing",)


def follow_new_dates(
    training: Training, *, old: TrainingFacts, bookings: Sequence[Booking], why: str, by: Person, now: datetime
) -> list[str]:
    """In the move's transaction, which holds its locks. Returns what was done, in sentences. Raises UnableToChangeRoster: a veto."""
    places = list(Place.objects.active().filter(training=training.pk).select_related("person", "booking").order_by("pk"))
    lock_known(place.person_id for place in places)  # P11, as for a list
    marked = RollCall.objects.filter(place__training=training.pk).exists()
    verdict = policy.may_follow(overlaps.names_at_new_dates(training, places), marked=marked)
    if verdict.refused:
        raise UnableToChangeRoster(verdict.sentence, verdicts=[verdict])
    cancel(about=training, letters=OF_TRAINING)
    cancel_each(about=list(bookings), letters=OF_BOOKING)
    cancel_each(about=places, letters=OF_PLACE)
    told = [place for place in places if place.invited(now)]
    for place in told:
        place.training = training
        emails.training_moved(place, old=old, sentence=why, now=now)
    alone = _alone_for_the_whole_training(places, training, now=now)
    return [*_people(len(places), len(told)), *alone, *_answer_requests(bookings, by=by, now=now)]


def _people(all_: int, told: int) -> list[str]:
    if not all_:
        return []
    stay = ngettext("%(n)d person stays on the lists.", "%(n)d people stay on the lists.", all_) % {"n": all_}
    letter = ngettext("%(n)d was invited, and is told.", "%(n)d were invited, and are told.", told) % {"n": told}
    return [f"{stay} {letter}" if told else stay]


def _alone_for_the_whole_training(places: Sequence[Place], training: Training, *, now: datetime) -> list[str]:
    held = alone_to_the_end(places, training, now=now)
    text = ngettext(
        "%(n)d exception to take part alone (R14) holds to the new end.",
        "%(n)d exceptions to take part alone (R14) hold to the new end.",
        held,
    )
    return [text % {"n": held}] if held else []


def _answer_requests(bookings: Sequence[Booking], *, by: Person, now: datetime) -> list[str]:
    """P7: who asked to change a closed list can change it again."""
    open_ = {row.pk: row for row in bookings if not row.roster_cut_off().passed(now)}
    answered = []
    for record in RosterRequest.objects.waiting().filter(booking__in=open_).order_by("pk"):
        until = day_text(open_[record.booking_id].roster_cut_off().on)
        note = _("The training was moved, and your list is open again until %(day)s: change it there.") % {"day": until}
        exceptions.decline(record, by=by, now=now, note=note, needless=True)
        answered.append(f"{record.rule}, {record.subject_text()}: {note}")
    return answered
