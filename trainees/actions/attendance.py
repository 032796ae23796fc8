"""The roll call and its confirmation (P9, R15): seats are used or forfeited, outcomes set; staff correct and excuse with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
from trainees.actions.roll_call import UnableToMark, keep, locked_place
from trainees.models import Place, PlaceException, RollCall
from trainees.policy import DayMarks
from trainees.signals import attendance_confirmed
from trainees.states import Ground, Outcome
from trainings.actions import forfeit_unnamed, lock_booking, record_attendance
from trainings.models import Booking


class UnableToConfirm(UnableTo):
    """Somebody has no mark for a day yet, or the roll call is not the one that was shown."""


def confirm_attendance(*, booking_id: int, by: Person, now: datetime, seen: str | None = None) -> Booking:
    """P9: the roll call of a team is complete and right. Each seat is used or forfeited (R15), and each person is told (L10).

    `seen`: the fingerprint of the roll call as it was shown (queries.fingerprint_of). Raises UnableToConfirm, also where it is another one now;
    UnableToConfirmAttendance. Then nothing has changed.
    """
    with transaction.atomic():
        booking, _training, membership = lock_booking(booking_id)
        places = _places(booking)
        unmarked = [place.name for place in places if len(place.roll_calls.all()) < len(booking.training.hours())]
        if unmarked:
            raise UnableToConfirm(_("Not marked on each day yet: %(names)s.") % {"names": ", ".join(unmarked)})
        if seen is not None and booking.attendance_confirmed_at is None and seen != queries.fingerprint_of(places):
            raise UnableToConfirm(_("The roll call has changed since this page was made. Look at it once more, then confirm."))
        text = ngettext("Attendance of %(n)d person confirmed.", "Attendance of %(n)d people confirmed.", len(places))
        record_attendance(booking, by=by, now=now, why=text % {"n": len(places)})
        for place in places:
            _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
        _forfeit_unnamed(booking, membership, by=by, now=now)
    return booking


def _forfeit_unnamed(booking: Booking, membership: Membership, *, by: Person, now: datetime) -> None:
    """P6: what is still reserved was added after the list closed, and has no name: without an end here it would be reserved for ever."""
    verdict = policy.never_named(reserved=booking.reservation.reserved, people=0)  # the people's seats are settled
    if not verdict.refused:
        return
    seats = booking.reservation.reserved
    forfeit_unnamed(booking, membership, seats=seats, verdict=verdict, by=by, now=now)
    about = [booking, booking.training, membership, membership.organization]
    edition, new = booking.training.edition.name, {"seats": seats}
    journal.record(what="seats_forfeited", now=now, by=by, rule="P6", why=verdict.sentence, about=about, new=new, edition=edition)


def _places(booking: Booking) -> list[Place]:
    """The places of a booking, locked by id."""
    rows = Place.objects.active().filter(booking=booking.pk).select_for_update(of=("self",), no_key=True)
    places = list(rows.select_related("person").prefetch_related("roll_calls").order_by("pk"))
    for place in places:
        place.booking, place.training = booking, booking.training
    return places


def _settle(place: Place, booking: Booking, membership: Membership, verdict: Verdict, *, by: Person, now: datetime) -> None:
    """Set the outcome that the verdict says, move the seat, tell the person; also who still does not pass, but for other minutes than was told."""
    before, told = place.outcome, place.minutes_missed
    after = Outcome.NOT_PASSED if verdict.refused else Outcome.PASSED
    place.minutes_missed, place.outcome_at = int(str(verdict.facts["minutes"])), now
    if verdict.exception is not None:
        _use_up(place, now=now)
    if after == before and (after == Outcome.PASSED or place.minutes_missed == told):
        place.save(update_fields=["minutes_missed", "outcome_at"])
        return
    if after != before:
        _move_seat(place, booking, membership, after, verdict, by=by, now=now)
    place.outcome = after
    place.save(update_fields=["outcome", "minutes_missed", "outcome_at"])
    entry = journal.record(
        what="attendance_settled",
        now=now,
        by=by,
        rule="R15",
        why=verdict.sentence,
        about=[place, booking, booking.training, membership],
        old={"outcome": before, "minutes": told},
        new={"outcome": after, "minutes": place.minutes_missed},
        edition=booking.training.edition.name,
    )
    exercises = after == before or _told_above(place, before, now=now)
    emails.outcome(place, entry=entry, now=now, sentence=verdict.sentence, exercises=exercises)


def _move_seat(
    place: Place, booking: Booking, membership: Membership, after: Outcome, verdict: Verdict, *, by: Person, now: datetime
) -> None:
    """The seat of a place to where its new outcome belongs; that of a corrected one comes back first."""
    cause = Cause(reason=verdict.sentence, now=now, rule="R15", by=by, subject=journal.label_of(place))
    if place.outcome:
        source = Account.USED if place.outcome == Outcome.PASSED else Account.FORFEITED
        correct(membership, booking.reservation, seats=1, source=source, cause=cause)
    if after == Outcome.PASSED:
        use(membership, booking.reservation, seats=1, cause=cause)
    else:
        forfeit(membership, booking.reservation, seats=1, rule="R15", cause=cause)
    if booking.seats != booking.reservation.booked:  # staff had given the seat to the membership: it is the booking's again
        booking.seats = booking.reservation.booked
        booking.save(update_fields=["seats"])


def _told_above(place: Place, before: str, *, now: datetime) -> bool:
    """Tell the apps above; whether exercises follow from a pass (see the signal)."""
    answers: list[tuple[Any, Any]] = attendance_confirmed.send(sender=Place, place=place, before=before, now=now)
    return all(answer is not False for _receiver, answer in answers)


def _use_up(place: Place, *, now: datetime) -> None:
    for record in PlaceException.objects.in_force(now).filter(place=place.pk, rule="R15"):
        exceptions.use_up(record, now=now)


def correct_attendance(*, place_id: int, day: int, marks: DayMarks, why: str, by: Person, now: datetime) -> Place:
    """Staff correct a confirmed roll call: the outcome, the seat and what follows are put right. Raises UnableToMark, UnableToDecide."""
    if not why.strip():
        raise UnableToMark(_("Say why: the journal keeps it."))
    with transaction.atomic():
        booking, _training, membership = lock_booking(Place.objects.values_list("booking", flat=True).get(pk=place_id))
        place = locked_place(place_id)
        place.booking, place.training = booking, booking.training
        exceptions.refuse_gainer(place, by=by)
        if booking.attendance_confirmed_at is None:
            raise UnableToMark(_("Attendance is not confirmed yet: change the roll call itself."))
        before = next((row.marks() for row in RollCall.objects.filter(place=place, day=day)), None)
        if before == marks:
            raise UnableToMark(_("The roll call says so already."))
        keep(place, day=day, marks=marks, by=by, now=now)
        journal.record(
            what="attendance_corrected",
            now=now,
            by=by,
            rule="R15",
            why=why.strip(),
            about=[place, booking, booking.training],
            old={"day": day, "marks": policy.text_of(before)},
            new={"day": day, "marks": policy.text_of(marks)},
        )
        _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
    return place


def excuse(*, place_id: int, ground: Ground, why: str, by: Person, now: datetime) -> PlaceException:
    """Staff let a person pass who missed too much (R15): before the confirmation, or after it, which then is put right. Raises UnableTo…."""
    with transaction.atomic():
        booking, _training, membership = lock_booking(Place.objects.values_list("booking", flat=True).get(pk=place_id))
        place = locked_place(place_id)
        place.booking, place.training = booking, booking.training
        if queries.is_excused(place, now=now):
            raise exceptions.UnableToDecide(_("Somebody let this person pass already."))
        record = PlaceException(place=place, rule="R15", ground=ground, reason=why, asked_for=str(ground.label))
        record.until = max(now, booking.training.ends_at) + queries.EXCUSE_HOLDS
        exceptions.enter(record, by=by, now=now)
        if booking.attendance_confirmed_at is not None:
            _settle(place, booking, membership, queries.attendance_verdict(place, now=now), by=by, now=now)
        record.refresh_from_db()
    return record
