"""How a checkout stands: its due date (R25), and what dates and submissions make of it (R26, R27). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.dates import CutOff, day_text, today_in, zone_city
from carpentries_portal.common.handbook import Edition, Exercise, Verdict, allow, refuse, warn
from certification.states import CheckoutState, Standing, SubmissionState

FORGOTTEN = gettext_lazy("This person was forgotten: there is nobody who would do the exercises.")


@dataclass(frozen=True, slots=True)
class Work:
    """One submission. `ended_at`: when it was reviewed or taken back; None while it waits."""

    exercise: str
    state: str
    done_on: date
    confirmed_on: date | None
    submitted_at: datetime
    ended_at: datetime | None = None

    def waits(self, due_on: date) -> bool:
        """Waits for its review, claimed as done in time."""
        return self.state == SubmissionState.SUBMITTED and self.done_on <= due_on

    def counts(self, due_on: date) -> bool:
        """Passed, and confirmed as done in time: the day it was done decides, not the day it was recorded (R26)."""
        return self.state == SubmissionState.PASSED and self.confirmed_on is not None and self.confirmed_on <= due_on


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A checkout as its rules see it. Days are in the training's zone; `works` in the order in which they came."""

    state: str
    exercises: tuple[Exercise, ...]
    first_day: date
    due_on: date
    zone: str
    late_hand_in_days: int
    works: tuple[Work, ...] = ()
    ended_why: str = ""

    @property
    def due(self) -> CutOff:
        return CutOff(on=self.due_on, zone=self.zone)

    @property
    def grace(self) -> CutOff:
        """Until when hand-in takes work that was done in time (R27)."""
        return CutOff(on=self.due_on + timedelta(days=self.late_hand_in_days), zone=self.zone)

    @property
    def under_way(self) -> bool:
        return self.state == CheckoutState.UNDER_WAY

    def of(self, code: str) -> list[Work]:
        return [work for work in self.works if work.exercise == code]

    def passed(self, code: str) -> bool:
        """Whether the exercise was passed in time."""
        return any(work.counts(self.due_on) for work in self.of(code))

    def covered(self, code: str) -> bool:
        """Passed in time, or handed in in time and waiting for its review."""
        return self.passed(code) or any(work.waits(self.due_on) for work in self.of(code))

    def missing(self) -> list[Exercise]:
        return [exercise for exercise in self.exercises if not self.covered(exercise.code)]

    def passed_count(self) -> int:
        return sum(self.passed(exercise.code) for exercise in self.exercises)


def first_due(last_day: date, edition: Edition) -> date:
    """R25: 90 whole days after the last day of the training; 30-31 January 2018 is due on 1 May."""
    return last_day + timedelta(days=edition.checkout_days)


def late_days(last_day: date, zone: str, confirmed_at: datetime | None, edition: Edition) -> int:
    """R25: by how many days staff are offered to extend, because attendance was confirmed late; 0 where it came in time."""
    if confirmed_at is None:
        return 0
    days = (today_in(zone, confirmed_at) - last_day).days
    return days if days > edition.late_confirmation_days else 0


def may_open(*, passed: bool, certified: bool, forgotten: bool) -> Verdict:
    """R25, R29: who passed the training draws a checkout; not who holds a valid certificate already, nor who was forgotten."""
    if forgotten:
        return refuse("R25", str(FORGOTTEN))
    if not passed:
        return refuse("R25", _("The training was not passed: there is no checkout."))
    if certified:
        return refuse("R29", _("Holds a valid certificate already: there is nothing more to do."))
    return allow("R25", _("The training was passed: the exercises begin."))


STORED = {
    CheckoutState.CERTIFIED: Standing.CERTIFIED,
    CheckoutState.FAILED: Standing.FAILED,
    CheckoutState.CLOSED: Standing.CLOSED,
    CheckoutState.WITHDRAWN: Standing.WITHDRAWN,
}


def standing(c: CheckoutFacts, *, now: datetime) -> Standing:
    """R27. What passed in time never expires; what was handed in in time waits for its review, whatever the date."""
    if not c.under_way:
        return STORED[CheckoutState(c.state)]
    if c.passed_count() == len(c.exercises):
        return Standing.COMPLETE
    if not c.missing():
        return Standing.IN_REVIEW
    return Standing.EXPIRED if c.due.passed(now) else Standing.OPEN


def expired_on(c: CheckoutFacts) -> date:
    """The day on which an expired checkout expired: the due date, or later the day of the review (R27).

    That is so where everything had been handed in in time, and a review, or taking it back, left something open.
    """
    ends = sorted({work.ended_at for work in c.works if work.ended_at is not None and work.ended_at >= c.due.ends_at}, reverse=True)
    for end in ends:
        if all(_covered_before(c.of(exercise.code), end, c.due_on) for exercise in c.exercises):
            return today_in(c.zone, end)
    return c.due_on


def _covered_before(works: Sequence[Work], end: datetime, due_on: date) -> bool:
    """Whether an exercise was passed in time, or waited for its review, just before an instant."""
    return any(
        work.counts(due_on) if work.ended_at is not None and work.ended_at < end else work.done_on <= due_on
        for work in works
        if work.submitted_at < end
    )


def finish_in_time(c: CheckoutFacts, *, now: datetime) -> Verdict:
    """R27: how it stands, in the sentence that page, letter, desk and run show. Facts: `standing`, `due` for the run, `expired_on`."""
    found = standing(c, now=now)
    facts: dict[str, object] = {"standing": found, "due": found == Standing.EXPIRED, "expired_on": None}
    if found == Standing.EXPIRED:
        facts["expired_on"] = expired_on(c)
        return refuse("R27", _expired_text(c), turns_on=c.due, facts=facts)
    if found in {Standing.FAILED, Standing.CLOSED, Standing.WITHDRAWN}:
        return refuse("R27", _ended_text(c, found), facts=facts)
    if found in {Standing.COMPLETE, Standing.CERTIFIED}:
        return allow("R27", _("All exercises were passed in time."), turns_on=c.due, facts=facts)
    if found == Standing.IN_REVIEW:
        return allow("R27", _("Everything was handed in: the review decides."), turns_on=c.due, facts=facts)
    n = len(c.missing())
    text = ngettext("%(n)d exercise is to be done by %(day)s.", "%(n)d exercises are to be done by %(day)s.", n)
    return warn("R27", text % {"n": n, "day": here(c.due)}, turns_on=c.due, facts=facts)


def here(cut_off: CutOff) -> str:
    """A day as a sentence names it: "Tue 1 May 2018, end of day Chicago time"."""
    city = zone_city(cut_off.zone)
    if cut_off.zone == "UTC":
        return _("%(day)s, end of day UTC") % {"day": day_text(cut_off.on)}
    return _("%(day)s, end of day %(city)s time") % {"day": day_text(cut_off.on), "city": city}


def _expired_text(c: CheckoutFacts) -> str:
    names = ", ".join(exercise.name for exercise in c.missing())
    text = _(
        "The time for the exercises ended on %(day)s. Not done in time: %(names)s. Without an extension there is no certificate."
    )
    return text % {"day": here(c.due), "names": names}


def _ended_text(c: CheckoutFacts, found: Standing) -> str:
    if found == Standing.FAILED:
        text = _("An exercise was failed, which closes the checkout: %(why)s Only staff can reopen it, by an exception.")
    elif found == Standing.CLOSED:
        text = _("Staff closed the checkout: %(why)s")
    else:
        text = _("The attendance of the training was corrected: %(why)s")
    return text % {"why": c.ended_why}
