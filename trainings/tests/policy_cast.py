"""The training, the membership and the exceptions that the tests of policy vary. Values only, no database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from carpentries_portal.common.dates import CutOff, days_before, instant
from carpentries_portal.common.edition_json import builtin_2017
from carpentries_portal.common.handbook import ExceptionUsed
from memberships.policy import MembershipFacts
from trainings.policy import TrainingFacts

CHICAGO = "America/Chicago"
TICK = timedelta(microseconds=1)


def a_training(zone: str = CHICAGO, first_day: date = date(2018, 3, 26), **changes: object) -> TrainingFacts:
    """26-27 March 2018: the clocks of Chicago change on 11 March, after D(28) = Mon 26 Feb."""
    known: dict[str, object] = {
        "code": "2018-03-26-chicago",
        "edition": builtin_2017(),
        "first_day": first_day,
        "last_day": first_day + timedelta(days=1),
        "starts": time(9),
        "ends": time(17),
        "zone": zone,
        "capacity": 30,
        "announced_on": date(2018, 1, 2),
        "sign_up_until": days_before(first_day, 28),
        "roster_until": days_before(first_day, 21),
        "cancelled": False,
        "held": False,
        "seats_booked": 0,
        "enforced_from_on": date(2018, 1, 2),
    }
    return TrainingFacts(**{**known, **changes})


def a_membership(level: str = "gold", available: int = 15, **changes: object) -> MembershipFacts:
    """16 August 2017 to 15 August 2018, of an organization in Chicago."""
    known: dict[str, object] = {
        "organization": "Example University",
        "level": level,
        "edition": builtin_2017(),
        "starts_on": date(2017, 8, 16),
        "ends_on": date(2018, 8, 15),
        "ended_on": None,
        "zone": CHICAGO,
        "contract_seats": None,
        "granted": available,
        "available": available,
    }
    return MembershipFacts(**{**known, **changes})


def an_exception(rule: str, **more: object) -> ExceptionUsed:
    return ExceptionUsed(label="trainings.trainingexception", id=1, rule=rule, **more)


def on_day(t: TrainingFacts, days: int, at: time = time(12)) -> datetime:
    """The instant of a wall-clock time on D(n) in the training's zone."""
    return instant(days_before(t.first_day, days), at, t.zone)


def last_moment(t: TrainingFacts, days: int) -> datetime:
    """The last microsecond of D(n)."""
    return CutOff(days_before(t.first_day, days), t.zone).ends_at - TICK
