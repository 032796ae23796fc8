"""All the rules about one act, in the order in which a person wants to hear of them; and what staff may do past them (P10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Answer, ExceptionUsed, Verdict
from memberships import policy as membership_policy
from memberships.policy import MembershipFacts
from trainings.policy import signing_up, team
from trainings.policy.facts import TrainingFacts


def is_hard(verdict: Verdict) -> bool:
    """Whether a refusal bends for nobody: the ledger, the capacity, a cancelled training."""
    return bool(verdict.facts.get("hard"))


def may_be_asked(verdict: Verdict) -> bool:
    """Whether staff could make an exception to this refusal (R19)."""
    return verdict.refused and not is_hard(verdict) and not verdict.facts.get("no_request")


def as_staff(verdict: Verdict) -> Verdict:
    """P10: staff are warned, not walled in; the same sentence."""
    if not verdict.refused or is_hard(verdict):
        return verdict
    return replace(verdict, answer=Answer.WARNED, sentence=verdict.sentence + " " + _("Staff may go on."))


def _level_seats(m: MembershipFacts) -> int | None:
    return m.edition.seats_of(m.level)


def _for(verdicts: Sequence[Verdict], *, staff: bool) -> tuple[Verdict, ...]:
    return tuple(as_staff(verdict) for verdict in verdicts) if staff else tuple(verdicts)


def check_booking(
    t: TrainingFacts,
    m: MembershipFacts,
    *,
    seats: int,
    site_zone: str,
    has_one: bool,
    now: datetime,
    exceptions: Sequence[ExceptionUsed] = (),
    as_staff: bool = False,
) -> tuple[Verdict, ...]:
    """What every rule says to a new booking: R3, R10, P3, P1, R6, R11, R1, P2, R5, R9, R11 for the rest."""
    level_seats = _level_seats(m)
    verdicts = (
        signing_up.takes_bookings(t, now=now),
        membership_policy.may_book(m),
        team.one_booking(has_one=has_one),
        membership_policy.inside_year(m, first_day=t.first_day, now=now, exceptions=exceptions),
        signing_up.sign_up(t, now=now, exceptions=exceptions),
        team.team_size(t, seats=seats, level_seats=level_seats, now=now, exceptions=exceptions),
        membership_policy.has_seats(m, seats=seats),
        team.room_for(t, seats=seats, minimum=t.edition.minimum_for(level_seats)),
        membership_policy.recommended(m, first_day=t.first_day),
        signing_up.hours_for_site(t, site_zone=site_zone),
        team.rest_after(t, seats=seats, available=m.available, level_seats=level_seats, now=now),
    )
    return _for(verdicts, staff=as_staff)


def check_enlarge(
    t: TrainingFacts,
    m: MembershipFacts,
    *,
    seats_now: int,
    to_seats: int,
    now: datetime,
    exceptions: Sequence[ExceptionUsed] = (),
    as_staff: bool = False,
) -> tuple[Verdict, ...]:
    """What the rules say to more seats: R3, P3, R1, P2, R11 for the rest. Any number of seats may be added."""
    more = to_seats - seats_now
    level_seats = _level_seats(m)
    verdicts = (
        signing_up.takes_bookings(t, now=now),
        signing_up.enlarge(t, now=now, exceptions=exceptions),
        membership_policy.has_seats(m, seats=more),
        team.room_for(t, seats=more, minimum=1),
        team.rest_after(t, seats=more, available=m.available, level_seats=level_seats, now=now),
    )
    return _for(verdicts, staff=as_staff)


def check_shrink(
    t: TrainingFacts,
    m: MembershipFacts,
    *,
    seats_now: int,
    to_seats: int,
    names: int,
    now: datetime,
    exceptions: Sequence[ExceptionUsed] = (),
    as_staff: bool = False,
) -> tuple[Verdict, ...]:
    """What the rules say to fewer seats: R3, P3, and P4 on where the seats go."""
    verdicts = (
        signing_up.takes_bookings(t, now=now),
        team.shrink(
            t, seats_now=seats_now, to_seats=to_seats, names=names, level_seats=_level_seats(m), now=now, exceptions=exceptions
        ),
        signing_up.leave(t, seats=seats_now - to_seats, now=now, exceptions=exceptions),
    )
    return _for(verdicts, staff=as_staff)
