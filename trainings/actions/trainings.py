"""Announcing trainings, and taking over those from before the portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from carpentries_portal.common import editions, journal, turns
from carpentries_portal.common.dates import is_zone, today_in, zone_city
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from trainings import emails, policy, queries
from trainings.actions.demands import tell_who_waits
from trainings.actions.locks import lock_training
from trainings.actions.trainers import set_trainers
from trainings.agenda import agenda_for
from trainings.models import Trainer, Training
from trainings.states import TrainingState

CALENDAR = "trainings.calendar"
"""The turn of whoever adds to the calendar: codes and what stands there already are read in it."""


class UnableToSetLink(UnableTo):
    """The training is cancelled or over."""


class UnableToAnnounce(UnableTo):
    """The dates, hours or zone do not hold."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a training takes place: days, wall-clock hours of each day, IANA zone."""

    starts_on: date
    ends_on: date
    starts: time
    ends: time
    zone: str


def _free_code(schedule: Schedule) -> str:
    """ "2018-03-12-chicago", with a number behind where two begin on one day in one zone."""
    stem = f"{schedule.starts_on.isoformat()}-{slugify(zone_city(schedule.zone))}"[:52]
    taken = set(Training.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := stem if n == 1 else f"{stem}-{n}") not in taken)


def _unsaved(schedule: Schedule, *, announced_on: date, capacity: int | None) -> tuple[Training, list[str]]:
    """A training bound to the edition of the day it was announced, with cut-offs and agenda; and what was clipped."""
    if not is_zone(schedule.zone):
        raise UnableToAnnounce(_("“%(zone)s” is not a time zone.") % {"zone": schedule.zone[:60]})
    record = editions.bind_in_force(announced_on)
    edition = record.edition()
    shape = policy.shape(first_day=schedule.starts_on, last_day=schedule.ends_on, edition=edition)
    if shape.refused:
        raise UnableToAnnounce.because([shape])
    sign_up_until, roster_until = policy.cut_offs(first_day=schedule.starts_on, zone=schedule.zone, edition=edition, moved_at=None)
    days = (schedule.ends_on - schedule.starts_on).days + 1
    agenda, cut = agenda_for(edition.agenda, starts=schedule.starts, ends=schedule.ends, days=days)
    training = Training(
        code=_free_code(schedule),
        starts_on=schedule.starts_on,
        ends_on=schedule.ends_on,
        starts=schedule.starts,
        ends=schedule.ends,
        zone=schedule.zone,
        capacity=edition.capacity if capacity is None else capacity,
        edition=record,
        announced_on=announced_on,
        sign_up_until=sign_up_until,
        roster_until=roster_until,
        agenda=agenda,
    )
    training.derive_instants()
    return training, cut


def announce_verdicts(schedule: Schedule, *, now: datetime) -> list[Verdict]:
    """What staff are warned about before they announce: the shape (R2)."""
    edition = editions.in_force(today_in(schedule.zone, now))
    return [policy.shape(first_day=schedule.starts_on, last_day=schedule.ends_on, edition=edition)]


@transaction.atomic
def announce_training(
    *,
    schedule: Schedule,
    by: Person | None,
    now: datetime,
    capacity: int | None = None,
    trainers: Iterable[Trainer] = (),
    link: str = "",
    survey_link: str = "",
    note: str = "",
) -> Training:
    """A new training on the calendar, announced today in its zone; one at a time. Raises UnableToAnnounce."""
    turns.take(CALENDAR)
    if not is_zone(schedule.zone):
        raise UnableToAnnounce(_("“%(zone)s” is not a time zone.") % {"zone": schedule.zone[:60]})
    today = today_in(schedule.zone, now)
    training, cut = _unsaved(schedule, announced_on=today, capacity=capacity)
    if training.has_begun(now):
        raise UnableToAnnounce(_("A training is announced before it begins."))
    training.enforced_from_on, training.added_at = today, now
    training.link, training.survey_link, training.note = link, survey_link, note
    training.save()
    set_trainers(training=training, trainers=trainers, by=by, now=now)
    why = _("Announced, sign-up until %(day)s.") % {"day": training.sign_up_until.isoformat()}
    if cut:
        why += " " + _("The agenda was clipped to the hours: %(titles)s.") % {"titles": ", ".join(cut)}
    journal.record(
        what="training_announced",
        now=now,
        by=by,
        why=why,
        about=[training],
        new={"code": training.code},
        edition=training.edition.name,
    )
    tell_who_waits(training, now=now)
    return training


@transaction.atomic
def take_over_training(
    *,
    schedule: Schedule,
    announced_on: date,
    cancelled: bool,
    source_key: str,
    source: Mapping[str, Any],
    source_notes: Sequence[Mapping[str, str]],
    by: Person | None,
    now: datetime,
) -> Training:
    """A training from before the portal (import): held where it is over, unless cancelled; no rule acts on a date before tomorrow."""
    training, _cut = _unsaved(schedule, announced_on=announced_on, capacity=None)
    training.enforced_from_on = today_in(schedule.zone, now) + timedelta(days=1)
    training.added_at, training.source_key = now, source_key
    training.source, training.source_notes = dict(source), [dict(note) for note in source_notes]
    if cancelled:
        training.state, training.cancelled_at = TrainingState.CANCELLED, now
        training.cancelled_why = _("Listed as cancelled before the portal took over.")
    elif training.ends_at <= now:
        training.state = TrainingState.HELD
    training.save()
    why = _("Taken over from the calendar of before the portal.")
    journal.record(
        what="training_taken_over",
        now=now,
        by=by,
        why=why,
        about=[training],
        new={"code": training.code},
        edition=training.edition.name,
    )
    return training


@transaction.atomic
def set_link(*, training_id: int, link: str, by: Person, now: datetime) -> Training:
    """The videoconference link (R24), set or changed until the training ends. Teams who have it already are told of the new one at once.

    Raises UnableToSetLink.
    """
    training = lock_training(training_id)
    if training.state != TrainingState.SCHEDULED or training.ends_at <= now:
        raise UnableToSetLink(_("This training is cancelled, or over: nobody needs a link to it."))
    if link == training.link:
        return training
    before, training.link = training.link, link
    training.save(update_fields=["link"])
    why = _("The videoconference link was set.") if not before else _("The videoconference link was changed.")
    entry = journal.record(what="link_set", now=now, by=by, rule="R24", why=why, about=[training])
    if before and link and policy.room_link(training.facts(seats_booked=0), now=now).allowed and not training.has_begun(now):
        for booking in queries.bookings_to_end(training.pk):
            emails.room_link(booking, now=now, on=training.d(training.edition.edition().link_days), again=f"journal:{entry.pk}")
    return training
