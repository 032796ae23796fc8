"""What a checkout's page shows: each exercise with its attempts, what to do next and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, day_text, today_in
from carpentries_portal.common.handbook import Exercise, Verdict
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.prepared import prepared
from certification import policy, queries
from certification.certificate_queries import HOLD
from certification.models import Checkout, CheckoutException, Submission
from certification.policy import CheckoutFacts
from certification.queries import Word
from certification.states import Standing, SubmissionState
from trainees.models import Place


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next, for components/next_step.html."""

    what: str
    why: str
    by: CutOff | None = None
    button: str = ""
    url: str = ""
    rule: str = ""
    other: str = ""
    other_url: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """One box of the strip from the training's end to the due day: gone, now, or still to come; what was passed or is to repeat in it."""

    kind: str
    mark: str = ""  # "passed", "repeat" or ""


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole time in boxes of a week, or more days where there is much of it; `words` say the same."""

    weeks: tuple[Week, ...]
    words: str
    day: int
    days: int
    begins: date


@dataclass(frozen=True, slots=True)
class ExerciseLine:
    """One exercise: how it stands, what counts, and every attempt, the newest first."""

    exercise: Exercise
    state: Word
    counts: str
    attempts: tuple[Submission, ...]
    hand_in: Verdict
    hand_in_url: str


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    checkout: Checkout
    state: Word
    verdict: Verdict
    due: CutOff
    step: Step | None
    lines: tuple[ExerciseLine, ...]
    passed: int
    left: int
    over: bool
    lead: str
    asked: bool
    strip: Strip
    more_time: Verdict
    requests: tuple[CheckoutException, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing of it counts any more: failed, or closed by staff. What has only expired can be given more time."""
        return self.verdict.refused and self.verdict.facts["standing"] != Standing.EXPIRED


@prepared
def _submissions(checkout_id: Any) -> QuerySet[Submission]:
    rows = Submission.objects.filter(checkout=checkout_id).select_related("reviewed_by", "submitted_by")
    return rows.order_by("-submitted_at", "-pk")


@prepared
def _records(checkout_id: Any) -> QuerySet[CheckoutException]:
    return CheckoutException.objects.filter(checkout=checkout_id).order_by("-pk")


def checkout_page(place: Place, checkout: Checkout, *, finished: bool, now: datetime) -> CheckoutPage:
    """Three queries. `finished`: the application is complete (R17)."""
    submissions = _submissions(checkout_id=checkout.pk)
    found = queries.facts_of(checkout, submissions)
    verdict = policy.finish_in_time(found, now=now)
    lines = tuple(_line(place, found, exercise, submissions, now=now) for exercise in found.exercises)
    records = _records(checkout_id=checkout.pk)
    hold = next((record for record in records if record.rule == HOLD and record.is_in_force(now)), None)
    asked = tuple(record for record in records if record.rule != HOLD)
    return CheckoutPage(
        checkout=checkout,
        state=queries.word_of(found, now=now),
        verdict=verdict,
        due=found.due,
        step=_step(place, found, lines, asked, finished=finished, hold=hold, now=now),
        lines=lines,
        passed=found.passed_count(),
        left=len(found.exercises) - found.passed_count(),
        over=verdict.facts["standing"] != Standing.OPEN,
        lead=_lead(verdict),
        asked=any(record.state == ExceptionState.ASKED for record in asked),
        strip=strip_of(place, found, now=now),
        more_time=policy.ask_for_time(found, now=now),
        requests=asked,
    )


def _lead(verdict: Verdict) -> str:
    """What stands under the heading once no date is to be kept any more; what is refused has a box of its own."""
    return "" if verdict.refused else verdict.sentence


def _line(
    place: Place, found: CheckoutFacts, exercise: Exercise, submissions: Sequence[Submission], *, now: datetime
) -> ExerciseLine:
    attempts = tuple(one for one in submissions if one.exercise == exercise.code)
    return ExerciseLine(
        exercise=exercise,
        state=exercise_word(found, exercise.code),
        counts=policy.what_counts(exercise.code),
        attempts=attempts,
        hand_in=policy.takes_work_for(found, exercise=exercise.code, now=now),
        hand_in_url=reverse("certification:hand_in", args=[place.pk, exercise.code]),
    )


def exercise_word(found: CheckoutFacts, code: str) -> Word:
    """How one exercise stands, in words."""
    works = found.of(code)
    states = [work.state for work in works]
    if found.passed(code):
        return Word(_("passed"), "good")
    if SubmissionState.PASSED in states:
        return Word(_("passed, but after the date"), "warn")
    if SubmissionState.SUBMITTED in states:
        return Word(_("handed in, waits for its review"), "now")
    judged = [state for state in states if state != SubmissionState.WITHDRAWN]
    if judged and judged[-1] == SubmissionState.FAILED:
        return Word(_("failed"), "bad")
    if judged:
        return Word(_("to repeat"), "warn")
    return Word(_("to do") if found.under_way else _("not done"), "")


def _step(
    place: Place,
    found: CheckoutFacts,
    lines: Sequence[ExerciseLine],
    asked: Sequence[CheckoutException],
    *,
    finished: bool,
    hold: CheckoutException | None,
    now: datetime,
) -> Step | None:
    """What comes first: the next exercise, the application that a certificate waits for, or more time."""
    standing = policy.standing(found, now=now)
    if standing == Standing.COMPLETE and not finished:
        why = _("All exercises are passed; the certificate waits for your application.")
        url = reverse("trainees:application", args=[place.pk])
        return Step(_("Finish your application"), why, button=_("Open the application"), url=url, rule="R17")
    if standing == Standing.COMPLETE:
        return Step(_("Nothing: you have done it all"), _held(hold, found.zone), rule="R29")
    if standing == Standing.IN_REVIEW:
        why = _("You get a letter with each result. The day on which it was done decides, not the day of the review.")
        return Step(_("Nothing now: your work is being reviewed"), why, rule="R26")
    if standing == Standing.OPEN:
        return _next_exercise(found, lines)
    return _over(place, found, asked, now=now) if standing == Standing.EXPIRED else None


def _held(hold: CheckoutException | None, zone: str) -> str:
    """What becomes of a certificate that nothing is missing for. Why staff hold it is written for the journal, and not for its reader."""
    if hold is None or hold.until is None:
        return _("Your certificate comes by letter.")
    text = _("Your certificate comes by letter. Staff hold it back until %(day)s at the latest; ask us if you want to know why.")
    return text % {"day": day_text(today_in(zone, hold.until - timedelta(microseconds=1)))}


def _next_exercise(found: CheckoutFacts, lines: Sequence[ExerciseLine]) -> Step | None:
    """One to repeat first; else the first that is to do."""
    missing = {exercise.code for exercise in found.missing()}
    open_ones = sorted((line for line in lines if line.exercise.code in missing), key=lambda line: not line.attempts)
    if not open_ones:
        return None
    first, n = open_ones[0], len(open_ones)
    name = first.exercise.name
    what = _("Once more: %(name)s") % {"name": name} if first.attempts else name
    text = ngettext("It is the last one. ", "%(n)d are open; do them in any order. ", n) % {"n": n}
    why = text + _("The day on which you do it decides, not the day on which it is reviewed.")
    return Step(
        what,
        why,
        by=found.due,
        button=_("Where and when"),
        url=first.exercise.link,
        rule="R26",
        other=_("I have done it"),
        other_url=first.hand_in_url,
    )


def _over(place: Place, found: CheckoutFacts, asked: Sequence[CheckoutException], *, now: datetime) -> Step:
    url = reverse("certification:more_time", args=[place.pk])
    if any(record.state == ExceptionState.ASKED for record in asked):
        why = _("Staff read your request, and answer by letter.")
        return Step(_("Nothing now: more time was asked for"), why, rule="R28")
    if not found.grace.passed(now):
        why = _("Work that was done in time can still be handed in until this day; for everything else ask for more time.")
        return Step(
            _("Hand in what you did in time, or ask for more"),
            why,
            by=found.grace,
            button=_("Ask for more time"),
            url=url,
            rule="R27",
        )
    why = _("The time for the exercises is over. Staff may give more, if you say why.")
    return Step(_("Ask for more time"), why, button=_("Ask for more time"), url=url, rule="R28")


MOST_BOXES = 26


def strip_of(place: Place, found: CheckoutFacts, *, now: datetime) -> Strip:
    """The time from the last day of the training to the due day, a box a week."""
    begins = place.training.ends_on
    days = (found.due_on - begins).days
    size = max(7, -(-days // MOST_BOXES))
    day = min(max((today_in(found.zone, now) - begins).days, 0), days)
    marks = {(on - begins).days // size: mark for on, mark in _marks(found)}
    current = min(day // size, -(-days // size) - 1)
    over = found.due.passed(now)
    weeks = tuple(
        Week("gone" if number < current or over else "now" if number == current else "", marks.get(number, ""))
        for number in range(-(-days // size))
    )
    values = {"day": day, "days": days, "n": found.passed_count(), "all": len(found.exercises)}
    words = _("Day %(day)d of %(days)d; %(n)d of %(all)d exercises passed.") % values
    return Strip(weeks=weeks, words=words, day=day, days=days, begins=begins)


def _marks(found: CheckoutFacts) -> list[tuple[date, str]]:
    """The days of what was passed or is to repeat; what was passed stands over what is to repeat."""
    repeats = [(work.done_on, "repeat") for work in found.works if work.state == SubmissionState.REPEAT]
    passed = [(work.confirmed_on, "passed") for work in found.works if work.state == SubmissionState.PASSED and work.confirmed_on]
    return [*repeats, *passed]
