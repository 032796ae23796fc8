"""A team that changes trainings in one step: what it leaves (P4), and all that a new booking meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Answer, ExceptionUsed, Verdict, allow, refuse
from memberships.policy import MembershipFacts
from trainings.policy import signing_up
from trainings.policy.checks import check_booking
from trainings.policy.facts import TrainingFacts


def comes_back(leave: Verdict, m: MembershipFacts, *, seats: int, now: datetime, give_back: bool = False) -> int:
    """How many of the seats that are left can be used for the other training: P4 gives them back, or staff do, and the membership has not ended (P5)."""
    return seats if (give_back or leave.answer is Answer.ALLOWED) and not m.last_day.passed(now) else 0


def check_move(
    old: TrainingFacts,
    new: TrainingFacts,
    m: MembershipFacts,
    *,
    seats: int,
    site_zone: str,
    has_one: bool,
    now: datetime,
    leaving: Sequence[ExceptionUsed] = (),
    arriving: Sequence[ExceptionUsed] = (),
    give_back: bool = False,
) -> tuple[Verdict, ...]:
    """R3 and P4 for the training that is left, then every rule of a new booking at the other, with the seats that come back.

    `leaving` and `arriving`: the exceptions in force at each; `give_back`: staff return what P4 forfeits (P10). The second verdict is P4's.
    """
    leave = signing_up.leave(old, seats=seats, now=now, exceptions=leaving)
    member = replace(m, available=m.available + comes_back(leave, m, seats=seats, now=now, give_back=give_back))
    arrive = check_booking(
        new, member, seats=seats, site_zone=site_zone, has_one=has_one or new.code == old.code, now=now, exceptions=arriving
    )
    return (_may_leave(old, now=now), leave, *arrive)


def _may_leave(old: TrainingFacts, *, now: datetime) -> Verdict:
    if old.cancelled or old.held or old.starts_at <= now:
        sentence = _("The training that the team would leave has begun: who does not come is counted by the roll call.")
        return refuse("R3", sentence, facts={"hard": True})
    return allow("R3", _("The training that the team leaves is still to come."))
