"""The brake: a rule that would do too much for one cut-off day does none of that day's, and asks staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
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
Key = tuple[str, str, int, date, int]


class UnableToRelease(UnableTo):
    """Nothing waits under the brake for this rule and day."""


def too_much(actions: Sequence[PlannedAction]) -> set[Day]:
    """The (rule, cut-off day) pairs that go beyond the limits of the settings, among actions that brake."""
    trainings: dict[Day, int] = defaultdict(int)
    seats: dict[Day, int] = defaultdict(int)
    for action in actions:
        day = (action.rule, action.cut_off.on)
        trainings[day] += action.trainings
        seats[day] += action.seats
    over = {day for day, count in trainings.items() if count > settings.PORTAL_BRAKE_TRAININGS}
    return over | {day for day, count in seats.items() if count > settings.PORTAL_BRAKE_SEATS}


def _key(row: BrakedAction) -> Key:
    return row.rule, row.subject_label, row.subject_id, row.cut_off_on, row.round


def split(actions: Sequence[PlannedAction]) -> tuple[list[PlannedAction], list[PlannedAction]]:
    """What may be done, and what the brake holds back: less what staff have released.

    A day that waits goes on waiting when its number falls to the limit: only a release, or the end of its reasons, settles it.
    """
    braking = [action for action in actions if action.brakes]
    open_rows = list(BrakedAction.objects.filter(closed_at__isnull=True, rule__in={action.rule for action in braking}))
    released = {_key(row) for row in open_rows if row.released_at is not None}
    waiting = {_key(row) for row in open_rows if row.released_at is None}
    days = too_much(braking) | {(action.rule, action.cut_off.on) for action in braking if action.key in waiting}
    held = [a for a in braking if (a.rule, a.cut_off.on) in days and a.key not in released]
    keys = {action.key for action in held}
    return [action for action in actions if action.key not in keys], held


def store(actions: Sequence[PlannedAction], *, run: Run, now: datetime) -> None:
    """Keep what was held back, once each, and tell staff once of each rule and day that has something new.

    In one transaction: of two runs at once the second waits for the first one's rows, and finds nothing new.
    """
    days: dict[Day, list[bool]] = defaultdict(list)
    for action in actions:
        days[action.rule, action.cut_off.on].append(_keep(action, run=run, now=now))
    for (rule, on), new in days.items():
        if any(new):
            queue(
                letter="common.braked",
                to=None,
                occasion=f"braked:{rule}:{on.isoformat()}:{run.pk}",
                context={"rule": rule, "on": on.isoformat(), "count": len(new)},
                now=now,
            )


def _keep(action: PlannedAction, *, run: Run, now: datetime) -> bool:
    """Store one; or open it again where its reason was gone and is back, so that it needs a release of its own. Whether it is new."""
    rule, label, subject_id, cut_off_on, round_ = action.key
    said = {
        "run": run,
        "subject_text": action.subject_text[:200],
        "sentence": action.verdict.sentence,
        "seats": action.seats,
        "braked_at": now,
    }
    row, new = BrakedAction.objects.get_or_create(
        rule=rule, subject_label=label, subject_id=subject_id, cut_off_on=cut_off_on, round=round_, defaults=said
    )
    if new:
        return True
    closed = BrakedAction.objects.filter(pk=row.pk, closed_at__isnull=False)
    return bool(closed.update(closed_at=None, released_at=None, released_by=None, **said))


def close_settled(
    *, rules: Collection[str], still: Collection[Key], broken: Collection[tuple[str, str, int | None]], now: datetime
) -> int:
    """What waits under the brake and is not due any more is closed: done, or its reason is gone. Returns how many.

    Only of rules that were planned; not of subjects that broke, nor what a run for a later instant has braked.
    """
    closed = 0
    for row in BrakedAction.objects.filter(closed_at__isnull=True, rule__in=rules, braked_at__lte=now).iterator():
        if _key(row) not in still and (row.rule, row.subject_label, row.subject_id) not in broken:
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
