"""The size of a team and the places for it (R11, P2, P3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from memberships.policy import exception_for
from trainings.policy.facts import TrainingFacts


def team_size(
    t: TrainingFacts, *, seats: int, level_seats: int | None, now: datetime, exceptions: Sequence[ExceptionUsed] = ()
) -> Verdict:
    """R11: at least the minimum of the training's edition, or all the seats of the level if those are fewer."""
    minimum = t.edition.minimum_for(level_seats)
    if seats < 1:
        return refuse("R11", _("A booking has at least one seat."), facts={"hard": True})
    if seats >= minimum:
        return allow("R11", _("The team is large enough: at least %(n)d attend at once.") % {"n": minimum})
    sentence = _("At least %(minimum)d of a team attend at once; %(seats)d are fewer.") % {"minimum": minimum, "seats": seats}
    given = exception_for("R11", exceptions, now, grants=lambda given: given.seats is None or seats >= given.seats)
    if given is not None:
        return allow("R11", sentence + " " + _("Staff made an exception for you."), exception=given)
    return refuse("R11", sentence)


def rest_after(t: TrainingFacts, *, seats: int, available: int, level_seats: int | None, now: datetime) -> Verdict:
    """R11: said before confirming, if the rest could then only be used by enlarging this booking, and until when."""
    rest, minimum = available - seats, t.edition.minimum_for(level_seats)
    if rest <= 0:
        return allow("R11", _("This uses all the seats that are left."))
    if rest >= minimum:
        return allow("R11", ngettext("This leaves %(n)d seat.", "This leaves %(n)d seats.", rest) % {"n": rest})
    if t.sign_up.passed(now):
        late = ngettext(
            "This leaves %(n)d seat, fewer than a team of %(minimum)d: bookings could grow until %(until)s, so no team can use it any more.",
            "This leaves %(n)d seats, fewer than a team of %(minimum)d: bookings could grow until %(until)s, so no team can use them any more.",
            rest,
        )
        return warn("R11", late % {"n": rest, "minimum": minimum, "until": t.day_here(t.sign_up)}, turns_on=t.sign_up)
    sentence = ngettext(
        "This leaves %(n)d seat, fewer than a team of %(minimum)d: it could then only be used by enlarging this booking, until %(until)s.",
        "This leaves %(n)d seats, fewer than a team of %(minimum)d: they could then only be used by enlarging this booking, until %(until)s.",
        rest,
    ) % {"n": rest, "minimum": minimum, "until": t.day_here(t.sign_up)}
    return warn("R11", sentence, turns_on=t.sign_up)


def room_for(t: TrainingFacts, *, seats: int, minimum: int) -> Verdict:
    """P2: capacity is counted in seats. It bends only by raising the capacity (`hard`)."""
    free = t.seats_free
    if seats > free == 0:
        return refuse("P2", _("This training is full: no place is free."), facts={"hard": True})
    if seats <= free:
        return allow("P2", ngettext("%(n)d place is free.", "%(n)d places are free.", free) % {"n": free})
    if free < minimum:
        sentence = ngettext(
            "This training is full for a new team: %(n)d place is free.",
            "This training is full for a new team: %(n)d places are free.",
            free,
        )
    else:
        sentence = ngettext(
            "Only %(n)d place is free at this training; you ask for %(seats)d.",
            "Only %(n)d places are free at this training; you ask for %(seats)d.",
            free,
        )
    return refuse("P2", sentence % {"n": free, "seats": seats}, facts={"hard": True})


def one_booking(*, has_one: bool) -> Verdict:
    """P3: one active booking per membership and training. A second one is no exception but an enlargement (`hard`)."""
    if has_one:
        return refuse("P3", _("This membership has a booking at this training already: enlarge that one."), facts={"hard": True})
    return allow("P3", _("It is the membership’s first booking here."))


def shrink(
    t: TrainingFacts,
    *,
    seats_now: int,
    to_seats: int,
    names: int,
    level_seats: int | None,
    now: datetime,
    exceptions: Sequence[ExceptionUsed] = (),
) -> Verdict:
    """P3: a booking shrinks neither below the minimum nor below the names on its roster."""
    minimum = t.edition.minimum_for(level_seats)
    if to_seats < 1:
        return refuse("P3", _("A booking has at least one seat; cancel it as a whole."), facts={"hard": True})
    if to_seats < names:
        sentence = ngettext(
            "%(n)d person is on the roster: take a name off first.", "%(n)d people are on the roster: take names off first.", names
        )
        return refuse("P3", sentence % {"n": names}, facts={"hard": True})
    if to_seats >= minimum:
        return allow("P3", _("The team stays large enough."))
    sentence = _("A booking does not shrink below a team of %(minimum)d; you may cancel it as a whole.") % {"minimum": minimum}
    given = exception_for("P3", exceptions, now, grants=lambda given: given.seats is None or to_seats >= given.seats)
    if given is not None:
        return allow("P3", sentence + " " + _("Staff made an exception for you."), exception=given)
    return refuse("P3", sentence)
