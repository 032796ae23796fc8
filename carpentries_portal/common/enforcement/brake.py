"""The brake: a rule that would do too much for one cut-off day does none of that day's, and asks staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.enforcement.registry import PlannedAction
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import BrakedAction, Notice, Person, Run
from carpentries_portal.common.notices import Content, letter, queue

Day = tuple[str, date]


class UnableToRelease(UnableTo):
    """Nothing waits under the brake for this rule and day."""


def too_much(actions: Sequence[PlannedAction]) -> set[Day]:
    """The (rule, cut-off day) pairs that go beyond the limits of the settings."""
    trainings: dict[Day, int] = defaultdict(int)
    seats: dict[Day, int] = defaultdict(int)
    for action in actions:
        if action.brakes:
            day = (action.rule, action.cut_off.on)
            trainings[day] += action.trainings
            seats[day] += action.seats
    over = {day for day, count in trainings.items() if count > settings.PORTAL_BRAKE_TRAININGS}
    return over | {day for day, count in seats.items() if count > settings.PORTAL_BRAKE_SEATS}


def split(actions: Sequence[PlannedAction]) -> tuple[list[PlannedAction], list[PlannedAction]]:
    """What may be done, and what the brake holds back: less what staff have released."""
    over = too_much(actions)
    if not over:
        return list(actions), []
    released = set(
        BrakedAction.objects.filter(released_at__isnull=False, rule__in={rule for rule, _day in over}).values_list(
            "rule", "subject_label", "subject_id", "cut_off_on", "round"
        )
    )
    free = [a for a in actions if (a.rule, a.cut_off.on) not in over or not a.brakes or a.key in released]
    held = [a for a in actions if (a.rule, a.cut_off.on) in over and a.brakes and a.key not in released]
    return free, held


def store(actions: Sequence[PlannedAction], *, run: Run, now: datetime) -> None:
    """Keep what was held back, once each, and tell staff once for each rule and day."""
    days: dict[Day, int] = defaultdict(int)
    for action in actions:
        rule, label, subject_id, cut_off_on, round_ = action.key
        BrakedAction.objects.get_or_create(
            rule=rule,
            subject_label=label,
            subject_id=subject_id,
            cut_off_on=cut_off_on,
            round=round_,
            defaults={
                "run": run,
                "subject_text": action.subject_text[:200],
                "sentence": action.verdict.sentence,
                "seats": action.seats,
                "braked_at": now,
            },
        )
        days[rule, cut_off_on] += 1
    for (rule, on), count in days.items():
        queue(
            letter="common.braked",
            to=None,
            occasion=f"braked:{rule}:{on.isoformat()}",
            context={"rule": rule, "on": on.isoformat(), "count": count},
            now=now,
        )


def close_settled(*, still: set[tuple[str, str, int, date, int]], now: datetime) -> int:
    """What waits under the brake and is not planned any more is closed: done, or its reason is gone."""
    closed = 0
    for row in BrakedAction.objects.filter(closed_at__isnull=True).iterator():
        if (row.rule, row.subject_label, row.subject_id, row.cut_off_on, row.round) not in still:
            closed += BrakedAction.objects.filter(pk=row.pk, closed_at__isnull=True).update(closed_at=now)
    return closed


@transaction.atomic
def release(*, rule: str, on: date, by: Person | None, now: datetime) -> int:
    """Staff let the run do what the brake held back for a rule and a day. Returns how many actions. Raises UnableToRelease."""
    waiting = BrakedAction.objects.filter(rule=rule, cut_off_on=on, released_at__isnull=True, closed_at__isnull=True)
    count = waiting.update(released_at=now, released_by=by)
    if not count:
        raise UnableToRelease(_("Nothing of %(rule)s waits under the brake for %(day)s.") % {"rule": rule, "day": on.isoformat()})
    why = _("%(n)d actions of %(day)s released.") % {"n": count, "day": on.isoformat()}
    journal.record(what="brake_released", now=now, by=by, rule=rule, why=why, about=[])
    return count


@letter("staff", "common.braked", template="common/emails/braked")
def build_braked(notice: Notice) -> Content:
    context = {**notice.context, "on": date.fromisoformat(notice.context["on"])}
    return Content(context=context)
