"""What the handbook says about memberships and seats (R1, R5, R10, R12, P1). Pure: values in, verdicts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, add_months, day_text, last_day_before
from carpentries_portal.common.handbook import Edition, ExceptionUsed, Verdict, allow, refuse, warn


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """A membership as policy sees it. Days are whole days in `zone`, both ends included."""

    organization: str
    level: str
    edition: Edition
    starts_on: date
    ends_on: date
    ended_on: date | None
    zone: str
    contract_seats: int | None
    granted: int
    available: int

    @property
    def last_on(self) -> date:
        return min(self.ended_on or self.ends_on, self.ends_on)

    @property
    def last_day(self) -> CutOff:
        return CutOff(on=self.last_on, zone=self.zone)


def _grants(given: ExceptionUsed) -> bool:
    return True


def exception_for(
    rule: str, exceptions: Sequence[ExceptionUsed], now: datetime, *, grants: Callable[[ExceptionUsed], bool] = _grants
) -> ExceptionUsed | None:
    """The first exception to the rule that is in force and grants what is asked."""
    return next((given for given in exceptions if given.rule == rule and given.in_force(now) and grants(given)), None)


def seats_granted(*, edition: Edition, level: str, contract_seats: int | None) -> Verdict:
    """R1: the seats of a level by its edition, or the number that the contract states. `facts["seats"]` is the number."""
    if contract_seats is not None:
        if contract_seats < 0:
            return refuse("R1", _("A contract cannot state a number of seats below zero."))
        sentence = ngettext(
            "The contract states %(n)d seat (%(level)s).", "The contract states %(n)d seats (%(level)s).", contract_seats
        ) % {"n": contract_seats, "level": level}
        return allow("R1", sentence, facts={"seats": contract_seats})
    seats = edition.seats_of(level)
    if seats is None:
        return refuse("R1", _("The seats of %(level)s are by contract: state the number.") % {"level": level})
    sentence = ngettext(
        "%(level)s, edition %(edition)s: %(n)d seat for the year.",
        "%(level)s, edition %(edition)s: %(n)d seats for the year.",
        seats,
    ) % {"level": level.capitalize(), "edition": edition.name, "n": seats}
    return allow("R1", sentence, facts={"seats": seats})


def may_book(m: MembershipFacts) -> Verdict:
    """R10: a level without seats cannot book, unless contract or staff granted some."""
    if m.granted == 0:
        return refuse("R10", _("A %(level)s membership holds no seats, so there is nothing to book with.") % {"level": m.level})
    return allow("R10", _("The membership holds seats."))


def has_seats(m: MembershipFacts, *, seats: int) -> Verdict:
    """R1: never more seats than are left. The ledger does not bend (`hard`)."""
    if seats > m.available:
        sentence = ngettext(
            "%(n)d seat is left in this membership; you ask for %(seats)d.",
            "%(n)d seats are left in this membership; you ask for %(seats)d.",
            m.available,
        ) % {"n": m.available, "seats": seats}
        return refuse("R1", sentence, facts={"hard": True})
    return allow("R1", _("The seats are there."))


def inside_year(m: MembershipFacts, *, first_day: date, now: datetime, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """P1: the training's first day is one of the membership year's dates, compared as dates."""
    if m.starts_on <= first_day <= m.last_on:
        return allow("P1", _("The training starts inside the membership year."))
    if first_day < m.starts_on:
        turns_on = CutOff(on=m.starts_on, zone=m.zone)
        sentence = _("The training starts on %(first)s, before the membership year begins on %(starts)s.")
    else:
        turns_on = m.last_day
        sentence = _("The training starts on %(first)s, after the membership year ends on %(ends)s.")
    sentence %= {"first": day_text(first_day), "starts": day_text(m.starts_on), "ends": day_text(m.last_on)}
    given = exception_for("P1", exceptions, now)
    if given is not None:
        return allow("P1", sentence + " " + _("Staff made an exception for you."), turns_on=turns_on, exception=given)
    return refuse("P1", sentence, turns_on=turns_on)


def recommended(m: MembershipFacts, *, first_day: date) -> Verdict:
    """R5: advice only. Recommended up to the start + six calendar months, that day included."""
    until = add_months(m.starts_on, m.edition.recommended_months)
    turns_on = CutOff(on=until, zone=m.zone)
    if first_day <= until:
        return allow(
            "R5", _("The training is in the recommended window, up to %(day)s.") % {"day": day_text(until)}, turns_on=turns_on
        )
    sentence = _(
        "We advise to train in the first %(months)d months of the membership year, up to %(day)s. You may take a later training all the same."
    ) % {"months": m.edition.recommended_months, "day": day_text(until)}
    return warn("R5", sentence, turns_on=turns_on)


def end_date_warning(*, starts_on: date, ends_on: date) -> Verdict:
    """An end date is kept as the contract writes it; pointed out where it equals the anniversary of the start (one day more than a year)."""
    if ends_on < starts_on:
        return refuse(
            "P1",
            _("It ends on %(ends)s, before it starts on %(starts)s.") % {"ends": day_text(ends_on), "starts": day_text(starts_on)},
        )
    years = ends_on.year - starts_on.year
    if years > 0 and add_months(starts_on, 12 * years) == ends_on:
        sentence = _(
            "The last day %(ends)s is the anniversary of the start: a year would end on %(eve)s. It is kept as the contract writes it."
        )
        return warn("P1", sentence % {"ends": day_text(ends_on), "eve": day_text(ends_on - timedelta(days=1))})
    return allow(
        "P1", _("From %(starts)s to %(ends)s, both included.") % {"starts": day_text(starts_on), "ends": day_text(ends_on)}
    )


def next_term(*, starts_on: date, ends_on: date, last_on: date) -> tuple[date, date]:
    """The year that follows a membership: from the day after its last, for a year. Its end is written as the old contract writes its own:
    on the anniversary of the start, where that one does, otherwise on the eve."""
    begins = last_on + timedelta(days=1)
    anniversary = add_months(begins, 12)
    as_before = end_date_warning(starts_on=starts_on, ends_on=ends_on).warned
    return begins, anniversary if as_before else anniversary - timedelta(days=1)


def overlap_warning(*, starts_on: date, ends_on: date, other: str, other_starts_on: date, other_last_on: date) -> Verdict:
    """P1: years of one organization may overlap; it is pointed out, for a coordinator then chooses whose seats to use. `other`: its level."""
    first, last = max(starts_on, other_starts_on), min(ends_on, other_last_on)
    if first > last:
        return allow("P1", _("The years do not overlap."))
    sentence = _(
        "From %(first)s to %(last)s the organization has a %(level)s membership too: overlapping years are allowed, "
        "and coordinators then choose whose seats they book."
    )
    return warn("P1", sentence % {"first": day_text(first), "last": day_text(last), "level": other})


def year_end(m: MembershipFacts, *, now: datetime, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """R12(b): seats left when the membership has ended are forfeited. REFUSED says that it is so now."""
    last = m.last_day
    seats = {"n": m.available, "day": day_text(m.last_on)}
    if m.available == 0:
        return allow("R12", _("No seat is left, so none is forfeited."), turns_on=last)
    if not last.passed(now):
        sentence = ngettext(
            "%(n)d seat is left. It is forfeited if it is not booked by the end of %(day)s.",
            "%(n)d seats are left. What is not booked by the end of %(day)s is forfeited.",
            m.available,
        )
        return allow("R12", sentence % seats, turns_on=last)
    given = exception_for("R12", exceptions, now)
    if given is not None:
        until = (
            _("Staff keep it open for now.")
            if given.until is None
            else _("Staff keep it open until %(day)s.") % {"day": day_text(last_day_before(given.until, m.zone))}
        )
        return allow("R12", until, turns_on=last, exception=given)
    sentence = ngettext(
        "The membership ended on %(day)s with %(n)d seat unused: it is forfeited.",
        "The membership ended on %(day)s with %(n)d seats unused: they are forfeited.",
        m.available,
    )
    return refuse("R12", sentence % seats, turns_on=last)
