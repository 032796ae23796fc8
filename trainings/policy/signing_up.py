"""Signing up, changing and leaving by the dates, and the hours (R2, R3, R6, R8, R9, P3, P4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, day_text, today_in, zone_city
from carpentries_portal.common.handbook import Edition, ExceptionUsed, Verdict, allow, refuse, warn
from memberships.policy import exception_for
from trainings.policy.facts import TrainingFacts, period_text


def shape(*, first_day: date, last_day: date, edition: Edition) -> Verdict:
    """R2: two days, normally consecutive; another shape is staff's to enter, with a warning."""
    if last_day < first_day:
        return refuse("R2", _("The last day comes before the first."))
    usual = first_day + timedelta(days=edition.training_days - 1)
    if last_day != usual:
        days = (last_day - first_day).days + 1
        sentence = _("A training normally lasts %(usual)d days in a row; this one lasts %(days)d.")
        return warn("R2", sentence % {"usual": edition.training_days, "days": days})
    return allow("R2", _("%(days)d days in a row.") % {"days": edition.training_days})


def takes_bookings(t: TrainingFacts, *, now: datetime) -> Verdict:
    """R3: a training that was cancelled, held or has begun takes no team any more.

    Nobody asks for an exception to that (`no_request`); but staff record what happened at one that has begun (P10). Cancelled is `hard`.
    """
    if t.cancelled:
        return refuse("R3", _("This training was cancelled."), facts={"hard": True})
    if t.held or t.starts_at <= now:
        return refuse("R3", _("This training has begun, or is over."), facts={"no_request": True})
    return allow("R3", _("The training is still to come."))


def _ahead(t: TrainingFacts, now: datetime) -> str:
    days = (t.first_day - today_in(t.zone, now)).days
    if days < 0:
        return ngettext("it began %(n)d day ago", "it began %(n)d days ago", -days) % {"n": -days}
    return ngettext("today is %(n)d day ahead", "today is %(n)d days ahead", days) % {"n": days}


def _allows_today(given: ExceptionUsed, t: TrainingFacts, now: datetime) -> bool:
    """An exception may name a day up to which it holds, whole, in the training's zone."""
    return given.to_date is None or not CutOff(on=given.to_date, zone=t.zone).passed(now)


def sign_up(t: TrainingFacts, *, now: datetime, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """R6: a team signs up by D(28), that whole day in the training's zone."""
    until = t.day_here(t.sign_up)
    if not t.sign_up.passed(now):
        return allow("R6", _("Sign-up is open until %(until)s.") % {"until": until}, turns_on=t.sign_up)
    sentence = _("A team signs up at least %(ahead)s before a training. For this one that was until %(until)s; %(today)s.") % {
        "ahead": period_text(t.edition.sign_up_days),
        "until": until,
        "today": _ahead(t, now),
    }
    given = exception_for("R6", exceptions, now, grants=lambda given: _allows_today(given, t, now))
    if given is not None:
        return allow("R6", sentence + " " + _("Staff made an exception for you."), turns_on=t.sign_up, exception=given)
    return refuse("R6", sentence, turns_on=t.sign_up)


def enlarge(t: TrainingFacts, *, now: datetime, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """P3: a booking may grow until D(28)."""
    until = t.day_here(t.sign_up)
    if not t.sign_up.passed(now):
        return allow("P3", _("The booking may grow until %(until)s.") % {"until": until}, turns_on=t.sign_up)
    sentence = _("A booking can grow until sign-up closes. That was %(until)s; %(today)s.") % {
        "until": until,
        "today": _ahead(t, now),
    }
    given = exception_for("P3", exceptions, now, grants=lambda given: _allows_today(given, t, now))
    if given is not None:
        return allow("P3", sentence + " " + _("Staff made an exception for you."), turns_on=t.sign_up, exception=given)
    return refuse("P3", sentence, turns_on=t.sign_up)


def leave(t: TrainingFacts, *, seats: int, now: datetime, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """P4: leaving is free to D(28) (ALLOWED: the seats go back); later the seats are forfeited (WARNED)."""
    until = t.day_here(t.sign_up)
    if not t.sign_up.passed(now):
        sentence = ngettext(
            "%(n)d seat goes back to your membership: leaving is free until %(until)s.",
            "%(n)d seats go back to your membership: leaving is free until %(until)s.",
            seats,
        )
        return allow("P4", sentence % {"n": seats, "until": until}, turns_on=t.sign_up)
    sentence = ngettext(
        "%(n)d seat is forfeited: leaving was free until %(until)s, and nobody else can take it any more.",
        "%(n)d seats are forfeited: leaving was free until %(until)s, and nobody else can take them any more.",
        seats,
    ) % {"n": seats, "until": until}
    given = exception_for("P4", exceptions, now, grants=lambda given: _allows_today(given, t, now))
    if given is not None:
        free = ngettext(
            "%(n)d seat goes back to your membership: staff made an exception.",
            "%(n)d seats go back to your membership: staff made an exception.",
            seats,
        )
        return allow("P4", free % {"n": seats}, turns_on=t.sign_up, exception=given)
    return warn("P4", sentence, turns_on=t.sign_up)


def hours_for_site(t: TrainingFacts, *, site_zone: str) -> Verdict:
    """R9: a team keeps the training's hours; hours outside 7:00-20:00 at its site are pointed out."""
    early, late = t.edition.earliest_hour, t.edition.latest_hour
    for day in t.hours():
        local = day.in_zone(site_zone)
        if not local.within(early, late):
            sentence = _(
                "The team keeps the hours of the training: %(starts)s–%(ends)s on %(day)s at your site (%(city)s time). "
                "That lies outside %(early)s–%(late)s."
            ) % {
                "starts": local.starts.strftime("%H:%M"),
                "ends": local.ends.strftime("%H:%M"),
                "day": day_text(local.starts.date()),
                "city": zone_city(site_zone),
                "early": early.strftime("%H:%M"),
                "late": late.strftime("%H:%M"),
            }
            return warn("R9", sentence)
    sentence = _("The hours at your site are %(hours)s (%(city)s time).")
    return allow("R9", sentence % {"hours": _hours_text(t, site_zone), "city": zone_city(site_zone)})


def _hours_text(t: TrainingFacts, site_zone: str) -> str:
    """ "08:00–16:00"; with its day for each where a clock change between the days makes them differ."""
    local = [day.in_zone(site_zone) for day in t.hours()]
    spans = [f"{day.starts:%H:%M}–{day.ends:%H:%M}" for day in local]
    if len(set(spans)) == 1:
        return spans[0]
    dated = (
        _("%(hours)s on %(day)s") % {"hours": span, "day": day_text(day.starts.date())}
        for span, day in zip(spans, local, strict=True)
    )
    return ", ".join(dated)
