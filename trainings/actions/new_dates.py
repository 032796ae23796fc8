"""A training gets new dates (P8): cut-offs, rosters, seats, exceptions, letters, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import AgendaItem, Verdict
from carpentries_portal.common.models import JournalEntry, Person
from trainings import new_dates_emails as emails
from trainings import policy, queries
from trainings.actions.demands import tell_who_waits
from trainings.actions.locks import lock_training
from trainings.actions.moved_bookings import MovedBooking, follow_training, lock_bookings
from trainings.actions.trainings import Schedule
from trainings.agenda import agenda_for
from trainings.models import Training, TrainingException
from trainings.policy import TrainingFacts
from trainings.signals import training_moved

OF_DATES = ("R6", "R16", "P1", "P3", "P4", "P6")
"""Requests that turn on dates: a move answers those that it makes needless."""


class UnableToMoveTraining(UnableTo):
    """It was cancelled or held, no reason was given, its trainer is retired, the new dates do not hold, or a receiver vetoes (P11)."""


@dataclass(frozen=True, slots=True)
class MovedTraining:
    """What a move did. `cut`: what of the agenda was clipped; `answered` and `also`: sentences, of requests and of the apps above."""

    training: Training
    old: TrainingFacts
    new: TrainingFacts
    verdicts: Sequence[Verdict]
    bookings: Sequence[MovedBooking]
    cut: Sequence[str]
    answered: Sequence[str]
    also: Sequence[str]


def move_training(*, training_id: int, schedule: Schedule, why: str, by: Person, now: datetime) -> MovedTraining:
    """Give a training other days, hours or zone; each move counts alone (P8). Names, agenda and edition stay, rounds are raised.

    Raises UnableToMoveTraining, or what a receiver says; then nothing has changed.
    """
    why = why.strip()
    if not why:
        raise UnableToMoveTraining(_("Say why the training is moved: everybody who is told reads it."))
    if not is_zone(schedule.zone):
        raise UnableToMoveTraining(_("“%(zone)s” is not a time zone.") % {"zone": schedule.zone[:60]})
    with transaction.atomic():
        training = lock_training(training_id)
        _must_be_trained(training)
        old = queries.facts_of(training)
        new = _facts_at(old, schedule, now=now)
        verdicts = policy.check_new_dates(old, new, now=now)
        if any(verdict.refused for verdict in verdicts):
            raise UnableToMoveTraining.because(verdicts)
        bookings = lock_bookings(training)
        cut = _store(training, old, new, now=now)
        moved = [follow_training(booking, old, new, why=why, by=by, now=now) for booking in bookings]
        answered = _answer_requests(training, new, by=by, now=now)
        entry = _record(training, old, moved, verdicts, why=why, by=by, now=now)
        also = _told_above(training, old, moved, why=why, by=by, now=now)
        emails.training_moved(training, old, [one for one in moved if one.stands], entry=entry, now=now, sentence=why)
        tell_who_waits(training, now=now)
    return MovedTraining(training, old, new, verdicts, moved, cut, answered, also)


def _must_be_trained(training: Training) -> None:
    """Nobody is brought back into the calendar by it who has retired since."""
    retired = training.training_trainers.filter(trainer__retired_at__isnull=False).select_related("trainer__person").first()
    if retired is not None:
        raise UnableToMoveTraining(_("%(name)s is retired: name others there first.") % {"name": retired.trainer})


def _facts_at(old: TrainingFacts, schedule: Schedule, *, now: datetime) -> TrainingFacts:
    return policy.at_new_dates(
        old,
        first_day=schedule.starts_on,
        last_day=schedule.ends_on,
        starts=schedule.starts,
        ends=schedule.ends,
        zone=schedule.zone,
        now=now,
    )


def _store(training: Training, old: TrainingFacts, new: TrainingFacts, *, now: datetime) -> list[str]:
    """The new dates with what follows from them, and a new round. Returns what of the agenda had to be clipped."""
    agenda, cut = _agenda(training, old, new)
    training.starts_on, training.ends_on = new.first_day, new.last_day
    training.starts, training.ends, training.zone = new.starts, new.ends, new.zone
    training.sign_up_until, training.roster_until = new.sign_up_until, new.roster_until
    training.agenda, training.moved_at, training.round = agenda, now, training.round + 1
    training.derive_instants()
    training.save()
    return cut


def _agenda(training: Training, old: TrainingFacts, new: TrainingFacts) -> tuple[list[dict[str, object]], list[str]]:
    """Clipped anew: from the edition's where it is that one, else from what staff made of it. The same hours leave it as it is."""

    def shape(t: TrainingFacts) -> tuple[object, ...]:
        return t.starts, t.ends, (t.last_day - t.first_day).days

    if shape(old) == shape(new):
        return training.agenda, []
    of_edition, _cut = agenda_for(
        old.edition.agenda, starts=old.starts, ends=old.ends, days=(old.last_day - old.first_day).days + 1
    )
    items = old.edition.agenda if training.agenda == of_edition else [AgendaItem(**row) for row in training.agenda]
    return agenda_for(items, starts=new.starts, ends=new.ends, days=(new.last_day - new.first_day).days + 1)


def _answer_requests(training: Training, new: TrainingFacts, *, by: Person, now: datetime) -> list[str]:
    """Requests that the new dates make needless are answered so; the others stay before staff."""
    rows = TrainingException.objects.waiting().filter(training=training.pk, rule__in=OF_DATES)
    answered = []
    for record in rows.select_related("membership__organization", "booking").order_by("pk"):
        note = _needless(record, new, now=now)
        if note:
            exceptions.decline(record, by=by, now=now, note=note, needless=True)
            answered.append(f"{record.rule}, {record.subject_text()}: {note}")
    return answered


def _needless(record: TrainingException, new: TrainingFacts, *, now: datetime) -> str:
    """Why nobody has to decide a request any more; "" where somebody has."""
    if record.rule == "P1":
        member = record.membership
        inside = member is not None and member.starts_on <= new.first_day <= member.last_on
        return _("The training was moved, and now starts inside the membership year: no exception is needed.") if inside else ""
    if record.rule in {"R16", "P6"}:
        sentence, cut_off = _("The training was moved, and names are taken until %(until)s: no exception is needed."), new.roster
    else:
        sentence = _("The training was moved; sign-up is open, and leaving free, until %(until)s: no exception is needed.")
        cut_off = new.sign_up
    return "" if cut_off.passed(now) else sentence % {"until": new.day_here(cut_off)}


def _said(t: TrainingFacts) -> dict[str, str]:
    """Dates in the journal's words."""
    names = ("first_day", "last_day", "starts", "ends", "zone", "sign_up_until", "roster_until")
    found = asdict(t)
    return {name: str(found[name]) for name in names}


def _record(
    training: Training,
    old: TrainingFacts,
    moved: Sequence[MovedBooking],
    verdicts: Sequence[Verdict],
    *,
    why: str,
    by: Person,
    now: datetime,
) -> JournalEntry:
    words = {"old": old.days_text, "new": training.days_text, "city": training.city, "why": why}
    sentence = _("Moved from %(old)s to %(new)s, %(city)s time: %(why)s") % words
    warned = [verdict.sentence for verdict in verdicts if verdict.warned]
    memberships = {one.booking.membership_id: one.booking.membership for one in moved}
    return journal.record(
        what="training_moved",
        now=now,
        by=by,
        rule="P8",
        why=" ".join([sentence, *warned]),
        about=[training, *(one.booking for one in moved), *memberships.values()],
        old=_said(old),
        new=_said(training.facts(seats_booked=0)),
        edition=training.edition.name,
    )


def _told_above(
    training: Training, old: TrainingFacts, moved: Sequence[MovedBooking], *, why: str, by: Person, now: datetime
) -> list[str]:
    """Tell the apps above, which may veto; what they say they did."""
    bookings = [one.booking for one in moved if one.stands]
    answers = training_moved.send(sender=Training, training=training, old=old, bookings=bookings, why=why, by=by, now=now)
    return [sentence for _receiver, said in answers for sentence in said or ()]
