"""A training that gets new dates (P8): its new cut-offs, and what staff are told before. Each move counts alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, days_before, today_in
from carpentries_portal.common.handbook import Edition, Verdict, allow, refuse, warn
from trainings.policy.facts import TrainingFacts
from trainings.policy.signing_up import shape


def moved_cut_offs(*, first_day: date, zone: str, edition: Edition, now: datetime) -> tuple[date, date]:
    """P8: until when one signs up, and until when names are taken: the later of the new D(n) and seven days after the move, at most the eve."""
    eve, notice = first_day - timedelta(days=1), today_in(zone, now) + timedelta(days=edition.moved_notice_days)
    sign_up = max(days_before(first_day, edition.sign_up_days), notice)
    roster = max(days_before(first_day, edition.roster_days), notice)
    return min(sign_up, eve), min(roster, eve)


def cut_offs(*, first_day: date, zone: str, edition: Edition, moved_at: datetime | None) -> tuple[date, date]:
    """Until when one signs up, and until when names are taken: D(n), or what P8 gave a training when it was moved last."""
    if moved_at is not None:
        return moved_cut_offs(first_day=first_day, zone=zone, edition=edition, now=moved_at)
    return days_before(first_day, edition.sign_up_days), days_before(first_day, edition.roster_days)


def at_new_dates(
    t: TrainingFacts, *, first_day: date, last_day: date, starts: time, ends: time, zone: str, now: datetime
) -> TrainingFacts:
    """The training as it stands once it has moved. Its edition stays."""
    sign_up_until, roster_until = moved_cut_offs(first_day=first_day, zone=zone, edition=t.edition, now=now)
    return replace(
        t,
        first_day=first_day,
        last_day=last_day,
        starts=starts,
        ends=ends,
        zone=zone,
        sign_up_until=sign_up_until,
        roster_until=roster_until,
    )


def own_roster_date(own: date | None, t: TrainingFacts) -> date | None:
    """A booking's own day for names (P6), after a move: kept where it is later than the training's, and before it begins."""
    return own if own is not None and t.roster_until < own < t.first_day else None


def check_new_dates(old: TrainingFacts, new: TrainingFacts, *, now: datetime) -> tuple[Verdict, ...]:
    """What the rules say to a move: whether it can be moved, to when, its shape (R2), and how much notice everybody has (P8)."""
    return (
        _can_move(old, new, now=now),
        shape(first_day=new.first_day, last_day=new.last_day, edition=new.edition),
        _notice(new, now=now),
    )


def _when(t: TrainingFacts) -> tuple[date, date, time, time, str]:
    return t.first_day, t.last_day, t.starts, t.ends, t.zone


def _can_move(old: TrainingFacts, new: TrainingFacts, *, now: datetime) -> Verdict:
    if old.cancelled:
        return refuse("P8", _("This training was cancelled: announce another one."), facts={"hard": True})
    if old.held:
        return refuse("P8", _("This training took place: it cannot be moved any more."), facts={"hard": True})
    if _when(old) == _when(new):
        return refuse("P8", _("These are the dates and hours that it has already."))
    if new.starts_at <= now:
        return refuse("P8", _("A training is moved to a time that is still to come."))
    if old.starts_at <= now:
        return warn("P8", _("By its old dates it has begun already: move it only if it did not take place."))
    return allow("P8", _("The training is still to come."))


def _notice(new: TrainingFacts, *, now: datetime) -> Verdict:
    """Seven days are what a move leaves everybody, unless the training begins before."""
    until = new.day_here(new.sign_up)
    if new.sign_up.passed(now):
        sentence = _("It begins on the day of the move: nobody can leave without losing seats, or change a list, any more.")
        return warn("P8", sentence, turns_on=new.sign_up)
    notice = CutOff(on=today_in(new.zone, now) + timedelta(days=new.edition.moved_notice_days), zone=new.zone)
    if new.sign_up_until < notice.on:
        sentence = _("Teams have only until %(until)s to leave or to sign up: fewer than %(n)d days.")
        return warn("P8", sentence % {"until": until, "n": new.edition.moved_notice_days}, turns_on=new.sign_up)
    sentence = _("Sign-up is open, and leaving is free, until %(until)s.")
    return allow("P8", sentence % {"until": until}, turns_on=new.sign_up)
