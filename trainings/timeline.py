"""The dates of a training and of a booking, in order: done, next, late or to come, each with its rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, today_in
from trainings.models import Booking, Training
from trainings.states import BookingState, TrainingState


@dataclass(frozen=True, slots=True)
class Milestone:
    """One date: what happens, by which rule, and how it stands ("done", "next", "late", "coming")."""

    cut_off: CutOff
    what: str
    rule: str = ""
    note: str = ""
    state: str = "coming"
    last: date | None = None  # the last day of a span
    happened: bool = False  # a fact of the past, not a date to meet
    option: bool = False  # one may act until then, and need not: never "next"


def _marked(milestones: Iterable[Milestone], *, now: datetime) -> list[Milestone]:
    """Sorted, with their states: what is over is done, the first that is not is next."""
    marked: list[Milestone] = []
    next_found = False
    for milestone in sorted(milestones, key=lambda m: m.cut_off.on):
        over = milestone.happened or CutOff(on=milestone.last or milestone.cut_off.on, zone=milestone.cut_off.zone).passed(now)
        if over:
            marked.append(replace(milestone, state="done"))
        elif not next_found and not milestone.option:
            next_found = True
            marked.append(replace(milestone, state="next"))
        else:
            marked.append(milestone)
    return marked


def _at(training: Training, on: date) -> CutOff:
    return CutOff(on=on, zone=training.zone)


def _moves(training: Training, since: datetime) -> list[Milestone]:
    """That its dates are other ones now than they were at an instant (P8)."""
    if training.moved_at is None or training.moved_at < since:
        return []
    return [Milestone(_day_of(training.moved_at, training.zone), _("Moved to these dates"), "P8", happened=True)]


def training_dates(training: Training, *, now: datetime) -> list[Milestone]:
    """The dates of a training, for everybody. No query; needs `edition` loaded."""
    edition = training.edition.edition()
    dates = [
        *_moves(training, training.added_at),
        Milestone(
            training.sign_up, _("Sign-up closes"), "R6", _("Until the end of that day, %(city)s time.") % {"city": training.city}
        ),
        Milestone(training.roster, _("Names and e-mails of everybody"), "R16"),
        Milestone(_at(training, training.d(edition.link_days)), _("Link to test the room"), "R24"),
        Milestone(_at(training, training.starts_on), _("Training"), "R8", last=training.ends_on),
        Milestone(
            _at(training, training.ends_on + timedelta(days=edition.checkout_days)),
            _("Last day for the three exercises"),
            "R25",
            _("For those who pass: last day + %(days)d days.") % {"days": edition.checkout_days},
        ),
    ]
    return _marked(dates, now=now)


def booking_dates(booking: Booking, *, now: datetime) -> list[Milestone]:
    """The dates of a booking, from the day it was made; a cancelled one ends with its cancellation. No query."""
    training = booking.training
    made = Milestone(
        _day_of(booking.booked_at, training.zone),
        _("Booked: %(n)d seats") % {"n": booking.cancelled_seats or booking.seats},
        happened=True,
    )
    if booking.state == BookingState.CANCELLED and booking.cancelled_at is not None:
        ended = Milestone(
            _day_of(booking.cancelled_at, training.zone),
            _("Cancelled"),
            booking.cancelled_rule,
            booking.cancelled_why,
            happened=True,
        )
        return _marked([made, ended], now=now)
    edition = training.edition.edition()
    dates = [
        made,
        *_moves(training, booking.booked_at),
        Milestone(
            training.sign_up, _("Last day to change the number of seats"), "P3", _("Until then leaving is free, too."), option=True
        ),
        Milestone(
            booking.roster_cut_off(),
            _("Names and e-mails of all %(n)d") % {"n": booking.seats},
            "R16",
            _("Seats without a name are then forfeited."),
        ),
        Milestone(_at(training, training.d(edition.link_days)), _("Link to test the room"), "R24"),
        Milestone(_at(training, training.d(edition.reading_days)), _("Letter with hours, room and reading"), "R18"),
        Milestone(_at(training, training.starts_on), _("Training"), "R8", last=training.ends_on),
        Milestone(
            _at(training, training.ends_on + timedelta(days=edition.checkout_days)),
            _("Last day for exercises"),
            "R25",
            _("For those who pass: last day + %(days)d days.") % {"days": edition.checkout_days},
        ),
    ]
    return _marked(dates, now=now)


def _day_of(at: datetime, zone: str) -> CutOff:
    return CutOff(on=today_in(zone, at), zone=zone)


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state in words, with the tone that its colour and icon follow."""

    word: str
    tone: str  # good, warn, bad, now, ""


def state_of(training: Training, *, now: datetime, full: bool = False) -> StateWord:
    """How a training stands, in words: what people did, and what the dates decide."""
    if training.state == TrainingState.CANCELLED:
        return StateWord(_("cancelled"), "bad")
    if training.ends_at <= now:
        return StateWord(_("over"), "")
    if training.has_begun(now):
        return StateWord(_("under way"), "now")
    if training.sign_up.passed(now):
        return StateWord(_("sign-up closed"), "warn")
    if full:
        return StateWord(_("full for a new team"), "warn")
    return StateWord(_("open for sign-up"), "good")
