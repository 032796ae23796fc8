"""The roll call and its confirmation (P9, R15): seats are used or forfeited, outcomes set; staff correct and excuse with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from memberships.actions import correct, forfeit, use
from memberships.ledger import Cause
from memberships.models import Membership
from memberships.states import Account
from trainees import emails, policy, queries
from trainees.models import Place, PlaceException, RollCall
from trainees.policy import DayMarks, RollCallProblem
from trainees.signals import attendance_confirmed
from trainees.states import Ground, Outcome, PlaceState
from trainings.actions import lock_booking, record_attendance
from trainings.models import Booking


class UnableToMark(UnableTo):
    """The mark does not hold, the training has not begun, or attendance was confirmed."""


class UnableToConfirm(UnableTo):
    """Somebody has no mark for a day yet."""


def mark(*, place_id: int, day: int, marks: DayMarks, by: Person, now: datetime) -> RollCall:
    """Keep the roll call of one person on one day (from 1), from the training's start until it is confirmed. Raises UnableToMark."""
    with transaction.atomic():
        place = _locked(place_id)
        if place.training.starts_at > now:
            raise UnableToMark(_("The training has not begun."))
        if place.booking.attendance_confirmed_at is not None:
            raise UnableToMark(_("Attendance was confirmed already; staff can correct it."))
        return _keep(place, day=day, marks=marks, by=by, now=now)


def _locked(place_id: int) -> Place:
    rows = Place.objects.select_for_update(of=("self",), no_key=True)
    place = rows.select_related("training__edition", "booking", "person").get(pk=place_id)
    place.booking.refresh_from_db(fields=["attendance_confirmed_at"])  # what was joined was read before the lock
    if place.state != PlaceState.ACTIVE:
        raise UnableToMark(_("%(name)s was taken off the list.") % {"name": place.name})
    return place


def _keep(place: Place, *, day: int, marks: DayMarks, by: Person, now: datetime) -> RollCall:
    hours = place.training.hours()
    if not 1 <= day <= len(hours):
        raise UnableToMark(_("The training has %(n)d days.") % {"n": len(hours)})
    try:
        policy.presence_of(marks, hours[day - 1])
    except RollCallProblem as problem:
        raise UnableToMark(f"{place.name}, {problem.sentence}") from problem
    values = {**RollCall.values_of(marks), "saved_at": now, "saved_by": by}
    row, _new = RollCall.objects.update_or_create(place=place, day=day, defaults=values)
    return row


def confirm_attendance(
    *, booking_id: int, by: Person, now: datetime, marks: Mapping[tuple[int, int], DayMarks] | None = None
) -> Booking:
    """P9: the roll call of a team, with the last `marks` of its page, is complete and right.

    Each seat is used or forfeited (R15), and each person is told (L10).

    Raises UnableToConfirm, UnableToConfirmAttendance; then nothing has changed.
    """
    with transaction.atomic():
        booking, _training, membership = lock_booking(booking_id)
        if marks and booking.attendance_confirmed_at is None:
            mark_team(booking_id=booking_id, marks=marks, by=by, now=now)
        places = _places(booking)
        unmarked = [place.name for place in places if len(place.roll_calls.all()) < len(booking.training.hours())]
        if unmarked:
            raise UnableToConfirm(_("Not marked on each day yet: %(names)s.") % {"names": ", ".join(unmarked)})
        text = ngettext("Attendance of %(n)d person confirmed.", "Attendance of %(n)d people confirmed.", len(places))
        record_attendance(booking, by=by, now=now, why=text % {"n": len(places)})
        for place in places:
            _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
    return booking


def _places(booking: Booking) -> list[Place]:
    """The places of a booking, locked by id."""
    rows = Place.objects.active().filter(booking=booking.pk).select_for_update(of=("self",), no_key=True)
    places = list(rows.select_related("person").prefetch_related("roll_calls").order_by("pk"))
    for place in places:
        place.booking, place.training = booking, booking.training
    return places


def _settle(place: Place, booking: Booking, membership: Membership, verdict: Verdict, *, by: Person, now: datetime) -> None:
    """Set the outcome that the verdict says, move the seat, tell the person. A corrected one takes its seat back first."""
    before = place.outcome
    after = Outcome.NOT_PASSED if verdict.refused else Outcome.PASSED
    place.minutes_missed, place.outcome_at = int(str(verdict.facts["minutes"])), now
    if after == before:
        place.save(update_fields=["minutes_missed", "outcome_at"])
        return
    cause = Cause(reason=verdict.sentence, now=now, rule="R15", by=by, subject=journal.label_of(place))
    if before:
        source = Account.USED if before == Outcome.PASSED else Account.FORFEITED
        correct(membership, booking.reservation, seats=1, source=source, cause=cause)
    if after == Outcome.PASSED:
        use(membership, booking.reservation, seats=1, cause=cause)
    else:
        forfeit(membership, booking.reservation, seats=1, rule="R15", cause=cause)
    place.outcome = after
    place.save(update_fields=["outcome", "minutes_missed", "outcome_at"])
    entry = journal.record(
        what="attendance_settled",
        now=now,
        by=by,
        rule="R15",
        why=verdict.sentence,
        about=[place, booking, booking.training, membership],
        old={"outcome": before},
        new={"outcome": after, "minutes": place.minutes_missed},
        edition=booking.training.edition.name,
    )
    if verdict.exception is not None:
        _use_up(place, now=now)
    attendance_confirmed.send(sender=Place, place=place, before=before, now=now)
    emails.outcome(place, entry=entry, now=now, sentence=verdict.sentence)


def _use_up(place: Place, *, now: datetime) -> None:
    for record in PlaceException.objects.in_force(now).filter(place=place.pk, rule="R15"):
        exceptions.use_up(record, now=now)


def correct_attendance(*, place_id: int, day: int, marks: DayMarks, why: str, by: Person, now: datetime) -> Place:
    """Staff correct a confirmed roll call: the outcome, the seat and what follows are put right. Raises UnableToMark."""
    if not why.strip():
        raise UnableToMark(_("Say why: the journal keeps it."))
    with transaction.atomic():
        booking, _training, membership = lock_booking(Place.objects.values_list("booking", flat=True).get(pk=place_id))
        place = _locked(place_id)
        place.booking, place.training = booking, booking.training
        if booking.attendance_confirmed_at is None:
            raise UnableToMark(_("Attendance is not confirmed yet: change the roll call itself."))
        _keep(place, day=day, marks=marks, by=by, now=now)
        about = [place, booking, booking.training]
        journal.record(what="attendance_corrected", now=now, by=by, rule="R15", why=why.strip(), about=about, new={"day": day})
        _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
    return place


def excuse(*, place_id: int, ground: Ground, why: str, by: Person, now: datetime) -> PlaceException:
    """Staff let a person pass who missed too much (R15): before the confirmation, or after it, which then is put right. Raises UnableTo…."""
    with transaction.atomic():
        booking, _training, membership = lock_booking(Place.objects.values_list("booking", flat=True).get(pk=place_id))
        place = _locked(place_id)
        place.booking, place.training = booking, booking.training
        record = PlaceException(place=place, rule="R15", ground=ground, reason=why, asked_for=str(ground.label))
        record.until = max(now, booking.training.ends_at) + queries.EXCUSE_HOLDS
        exceptions.enter(record, by=by, now=now)
        if booking.attendance_confirmed_at is not None:
            _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
        record.refresh_from_db()
    return record


def mark_team(
    *, booking_id: int, marks: Mapping[tuple[int, int], DayMarks], by: Person, now: datetime, rest_on: int | None = None
) -> None:
    """Keep a team's marks by (place, day), all of them or none; with `rest_on` whoever has no mark for that day was there all day.

    Places of other teams are passed over. Raises UnableToMark.
    """
    with transaction.atomic():
        own = set(Place.objects.active().filter(booking=booking_id).values_list("pk", flat=True))
        for (place_id, day), one in sorted(marks.items()):
            if place_id in own:
                mark(place_id=place_id, day=day, marks=one, by=by, now=now)
        if rest_on is not None:
            _mark_rest(booking_id, day=rest_on, by=by, now=now)


def _mark_rest(booking_id: int, *, day: int, by: Person, now: datetime) -> None:
    rows = Place.objects.active().filter(booking=booking_id).exclude(roll_calls__day=day)
    for place_id in list(rows.order_by("pk").values_list("pk", flat=True)):
        mark(place_id=place_id, day=day, marks=DayMarks(), by=by, now=now)
