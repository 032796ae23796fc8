"""Staff move a training to new dates, or a booking to another training: each consequence is shown before anything is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.buttons import Button, Section
from carpentries_portal.common.dates import CutOff, Hours, day_text
from carpentries_portal.common.letters_words import words_of
from carpentries_portal.common.models import Notice
from carpentries_portal.common.requests import now_of, person_of
from trainings import actions, queries
from trainings.actions import MovedTraining
from trainings.actions.moved_bookings import MovedBooking
from trainings.actions.trainings import Schedule
from trainings.admin_forms import MoveBookingForm, MoveTrainingForm
from trainings.models import Booking, Training, TrainingException
from trainings.policy import TrainingFacts
from trainings.states import BookingState, TrainingState

MOST_NAMED = 12


def letters_section(owed: Sequence[Notice]) -> list[Section]:
    """The letters that leave, by kind: how many, to whom."""
    kinds: dict[str, list[Notice]] = defaultdict(list)
    for notice in owed:
        kinds[notice.letter].append(notice)
    lines = []
    for name, notices in sorted(kinds.items(), key=lambda pair: (len(pair[1][0].code), pair[1][0].code, pair[0])):
        whose, _when = words_of(name, notices[0].code)
        to = sorted(notice.to_address for notice in notices)
        more = len(to) - MOST_NAMED
        named = ", ".join(to[:MOST_NAMED]) + (_(" and %(n)d more") % {"n": more} if more > 0 else "")
        lines.append(f"{notices[0].code}, {whose} ({len(to)}): {named}")
    return [(_("Letters that leave"), lines or [_("No letter leaves: there is nobody to tell.")])]


def _hours(hours: Hours) -> str:
    return f"{day_text(hours.on)}, {hours.starts:%H:%M}–{hours.ends:%H:%M}"


def _dates(t: TrainingFacts) -> str:
    days = "; ".join(_hours(hours) for hours in t.hours())
    return _("%(days)s, %(city)s time") % {"days": days, "city": t.city}


def _of_training(moved: MovedTraining) -> Section:
    old, new = moved.old, moved.new
    lines = [
        _("From: %(dates)s.") % {"dates": _dates(old)},
        _("To: %(dates)s.") % {"dates": _dates(new)},
        _changed(_("Sign-up and free leaving until"), old.sign_up, new.sign_up),
        _changed(_("Names until"), old.roster, new.roster),
        *(verdict.sentence for verdict in moved.verdicts if verdict.warned),
    ]
    if moved.cut:
        lines.append(_("The agenda is clipped to the hours: %(titles)s.") % {"titles": ", ".join(moved.cut)})
    lines += [
        _("%(name)s trains on these days already, %(days)s.") % {"name": name, "days": days}
        for name, days in queries.trainers_elsewhere(moved.training)
    ]
    return _("The training"), lines


def _changed(what: str, before: CutOff, after: CutOff) -> str:
    values = {"what": what, "before": day_text(before.on), "after": day_text(after.on)}
    return (
        _("%(what)s: %(after)s (as before).") % values
        if before == after
        else _("%(what)s: %(after)s; until now %(before)s.") % values
    )


def _of_booking(one: MovedBooking) -> Section:
    booking = one.booking
    seats = ngettext("%(n)d seat", "%(n)d seats", booking.seats) % {"n": booking.seats}
    title = f"{booking.membership.organization}, {seats}"
    if one.gone:
        return title, [_("It ended without a name (P6), and stays so: %(why)s") % {"why": one.gone}]
    lines = [_changed(_("Names until"), one.names_before, one.names_now)]
    if one.revived:
        lines.append(_("It ended without a name (P6), and stands again."))
    if one.reopened:
        lines.append(_("Its list of names was closed, and opens again."))
    if one.seats_back:
        text = ngettext(
            "%(n)d seat that P6 forfeited comes back to it.", "%(n)d seats that P6 forfeited come back to it.", one.seats_back
        )
        lines.append(text % {"n": one.seats_back})
    if booking.reservation.forfeited_p4:
        text = ngettext(
            "%(n)d seat stays forfeited: it was given back too late (P4).",
            "%(n)d seats stay forfeited: they were given back too late (P4).",
            booking.reservation.forfeited_p4,
        )
        lines.append(text % {"n": booking.reservation.forfeited_p4})
    if one.outside:
        lines.append(_("%(sentence)s Its exception (P1) is made, in your name.") % {"sentence": one.outside})
    if one.hours:
        lines.append(f"{one.hours} (R9)")
    return title, lines


def _tells(request: HttpRequest, moved: MovedTraining, owed: Sequence[Notice]) -> list[Section]:
    found = [_of_training(moved), *(_of_booking(one) for one in moved.bookings)]
    if not moved.bookings:
        found.append((_("Teams"), [_("No team is booked.")]))
    if moved.also:
        found.append((_("People and lists"), moved.also))
    if moved.answered:
        found.append((_("Requests that are answered, because nobody has to decide them any more"), moved.answered))
    return [*found, *letters_section(owed)]


def _move_training(request: HttpRequest, row: Training, values: dict[str, Any]) -> MovedTraining:
    ends_on = values["ends_on"] or values["starts_on"] + (row.ends_on - row.starts_on)
    schedule = Schedule(values["starts_on"], ends_on, values["starts"], values["ends"], values["zone"])
    return actions.move_training(
        training_id=row.pk, schedule=schedule, why=values["why"], by=person_of(request), now=now_of(request)
    )


MOVE_TRAINING = Button(
    "move",
    gettext_lazy("Move to new dates…"),
    form=MoveTrainingForm,
    run=_move_training,
    tells=_tells,
    consequence=lambda request, row: [
        _("Now: %(dates)s.") % {"dates": _dates(queries.facts_of(row))},
        _("Give the new dates. The next page says what follows for each team, before anything is done (P8)."),
    ],
    shown=lambda request, row: row.state == TrainingState.SCHEDULED,
    initial=lambda request, row: {"starts_on": row.starts_on, "starts": row.starts, "ends": row.ends, "zone": row.zone},
)


def _move_booking(request: HttpRequest, row: Booking, values: dict[str, Any]) -> Booking:
    return actions.move_booking(
        booking_id=row.pk,
        to_training_id=values["training"].pk,
        by=person_of(request),
        now=now_of(request),
        staff_reason=values["why"],
        give_back=values["give_back"],
    )


def _tells_of_booking(request: HttpRequest, new: Booking, owed: Sequence[Notice]) -> list[Section]:
    """What a team's move did: where it was, where it is, what the rules warned of, which exceptions were written."""
    old = new.moved_from
    assert old is not None
    seats = ngettext("%(n)d seat", "%(n)d seats", new.seats) % {"n": new.seats}
    lines = [
        _("From %(training)s: %(why)s") % {"training": old.training, "why": old.cancelled_why},
        _("To %(training)s: %(seats)s. Names until %(day)s.")
        % {"training": new.training, "seats": seats, "day": day_text(new.roster_cut_off().on)},
    ]
    of_move = TrainingException.objects.filter(booking__in=[old.pk, new.pk], decided_at=now_of(request))
    bent = [f"{one.rule}: {one.refusal}" for one in of_move.order_by("pk")]
    written = [(_("Exceptions that are written in your name"), bent)] if bent else []
    return [(str(new.membership.organization), lines), *written, *letters_section(owed)]


MOVE_BOOKING = Button(
    "move",
    gettext_lazy("Move to another training…"),
    form=MoveBookingForm,
    run=_move_booking,
    tells=_tells_of_booking,
    consequence=lambda request, row: [
        str(row),
        queries.leave_verdict(row, now=now_of(request)).sentence,
        _("The team takes its names and its room along. The next page says what follows, before anything is done."),
    ],
    shown=lambda request, row: row.state == BookingState.CONFIRMED and not row.training.has_begun(now_of(request)),
)
