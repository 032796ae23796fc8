"""Which training meets what a team waits for, and what can be waited for at all (R1, R2, R6, R8-R11, P1). No exception bends these: they are wishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, day_text, days_before, days_text
from carpentries_portal.common.handbook import Verdict, allow, refuse
from memberships import policy as membership_policy
from memberships.policy import MembershipFacts
from trainings.policy.checks import check_booking
from trainings.policy.facts import TrainingFacts, period_text


@dataclass(frozen=True, slots=True)
class DemandFacts:
    """Days and hours that suit a team, by its own clock (`zone`); each span with both ends."""

    seats: int
    zone: str
    earliest: time
    latest: time
    spans: tuple[tuple[date, date], ...]


def suits(t: TrainingFacts, d: DemandFacts) -> bool:
    """Whether all days of a training lie in one of the spans, and its hours within the team's."""
    inside = any(first <= t.first_day and t.last_day <= last for first, last in d.spans)
    return inside and all(day.in_zone(d.zone).within(d.earliest, d.latest) for day in t.hours())


def meets(t: TrainingFacts, d: DemandFacts, m: MembershipFacts, *, has_one: bool, now: datetime) -> bool:
    """Whether the team could book it now, and it suits."""
    if not suits(t, d):
        return False
    verdicts = check_booking(t, m, seats=d.seats, site_zone=d.zone, has_one=has_one, now=now)
    return not any(verdict.refused for verdict in verdicts)


def check_demand(m: MembershipFacts, d: DemandFacts, *, now: datetime) -> tuple[Verdict, ...]:
    """What can be waited for: seats that are there, a whole team, days inside the year on which a training can still be signed up for."""
    return (
        membership_policy.may_book(m),
        membership_policy.has_seats(m, seats=d.seats),
        _team(m, d),
        _hours(m, d),
        *(_span(m, first, last, zone=d.zone, now=now) for first, last in d.spans),
    )


def _team(m: MembershipFacts, d: DemandFacts) -> Verdict:
    minimum = m.edition.minimum_for(m.edition.seats_of(m.level))
    if d.seats < minimum:
        sentence = _("At least %(minimum)d of a team attend at once; %(seats)d are fewer.")
        return refuse("R11", sentence % {"minimum": minimum, "seats": d.seats})
    return allow("R11", _("The team is large enough: at least %(n)d attend at once.") % {"n": minimum})


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _hours(m: MembershipFacts, d: DemandFacts) -> Verdict:
    needed = _minutes(m.edition.ends) - _minutes(m.edition.starts)
    if _minutes(d.latest) - _minutes(d.earliest) < needed:
        hours = ngettext("A training day takes %(n)d hour", "A training day takes %(n)d hours", needed // 60) % {"n": needed // 60}
        return refuse("R8", _("%(hours)s: give at least as much time between the earliest and the latest hour.") % {"hours": hours})
    return allow("R8", _("A training day fits."))


def _span(m: MembershipFacts, first: date, last: date, *, zone: str, now: datetime) -> Verdict:
    """R2, P1, R6: a training can lie in the span, begin inside the year, and be signed up for in time."""
    days = days_text(first, last)
    if (last - first).days + 1 < m.edition.training_days:
        sentence = _("%(days)s is too short: a training takes %(n)d days in a row.")
        return refuse("R2", sentence % {"days": days, "n": m.edition.training_days})
    latest_start = last - timedelta(days=m.edition.training_days - 1)
    if latest_start < m.starts_on or first > m.last_on:
        year = days_text(m.starts_on, m.last_on)
        return refuse("P1", _("%(days)s lies outside the membership year (%(year)s).") % {"days": days, "year": year})
    sign_up = CutOff(on=days_before(latest_start, m.edition.sign_up_days), zone=zone)
    if sign_up.passed(now):
        sentence = _("%(days)s comes too soon: a team signs up %(ahead)s ahead, so that the last day to do so was %(until)s.")
        ahead = period_text(m.edition.sign_up_days)
        return refuse("R6", sentence % {"days": days, "ahead": ahead, "until": day_text(sign_up.on)}, turns_on=sign_up)
    return allow("R6", _("%(days)s can still be signed up for.") % {"days": days})
