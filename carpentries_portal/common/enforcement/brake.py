"""The brake: a rule that would do too much for one cut-off day does none of that day's, and asks staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.enforcement.registry import Key, PlannedAction
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import BrakedAction, ItemOutcome, Notice, Person, Run, RunItem
from carpentries_portal.common.notices import Content, letter, queue

BATCH = 500
Day = tuple[str, date]
Counted = tuple[Key, int, int]  # an action that brakes: its key, trainings, seats


class UnableToRelease(UnableTo):
    """Nothing waits under the brake for this rule and day."""


def _day(key: Key) -> Day:
    return key[0], key[3]


def _too_much(counted: Collection[Counted]) -> set[Day]:
    """The (rule, cut-off day) pairs that go beyond the limits of the settings."""
    trainings: dict[Day, int] = defaultdict(int)
    seats: dict[Day, int] = defaultdict(int)
    for key, trainings_of, seats_of in counted:
        trainings[_day(key)] += trainings_of
        seats[_day(key)] += seats_of
    over = {day for day, count in trainings.items() if count > settings.PORTAL_BRAKE_TRAININGS}
    return over | {day for day, count in seats.items() if count > settings.PORTAL_BRAKE_SEATS}


def _key(row: BrakedAction) -> Key:
    return row.rule, row.subject_label, row.subject_id, row.cut_off_on, row.round


def refused(counted: Collection[Counted]) -> set[Key]:
    """The keys that the brake holds back among actions that brake: less what staff have released.

    A day that waits goes on waiting when its number falls to the limit: only a release, or the end of its reasons, settles it.
    """
    open_rows = list(BrakedAction.objects.filter(closed_at__isnull=True, rule__in={key[0] for key, _t, _s in counted}))
    released = {_key(row) for row in open_rows if row.released_at is not None}
    waits = {_key(row) for row in open_rows if row.released_at is None}
    days = _too_much(counted) | {_day(key) for key, _t, _s in counted if key in waits}
    return {key for key, _t, _s in counted if _day(key) in days and key not in released}


def split(actions: Sequence[PlannedAction]) -> tuple[list[PlannedAction], list[PlannedAction]]:
    """Of a plan: what may be done, and what the brake would hold back. Writes nothing."""
    keys = refused([(action.key, action.trainings, action.seats) for action in actions if action.brakes])
    return [a for a in actions if a.key not in keys], [a for a in actions if a.key in keys]


def hold_back(run: Run, *, now: datetime) -> None:
    """Mark what the brake refuses among the items of a run, keep it once each, and tell staff once of each day that has something new.

    In the caller's transaction: of two runs at once the second waits for the first one's rows, and finds nothing new.
    """
    braking = run.items.filter(outcome=ItemOutcome.WAITING, brakes=True)
    keys = refused([(item.key, item.trainings, item.seats) for item in braking.iterator(chunk_size=BATCH)])
    days: dict[Day, list[bool]] = defaultdict(list)
    for rule, on in sorted({_day(key) for key in keys}):
        held = [item for item in braking.filter(rule=rule, cut_off_on=on).order_by("pk") if item.key in keys]
        days[rule, on] = [_keep(item, run=run, now=now) for item in held]
        run.items.filter(pk__in=[item.pk for item in held]).update(outcome=ItemOutcome.BRAKED)
    for (rule, on), new in days.items():
        if any(new):
            queue(
                letter="common.braked",
                to=None,
                occasion=f"braked:{rule}:{on.isoformat()}:{run.pk}",
                context={"rule": rule, "on": on.isoformat(), "count": len(new)},
                now=now,
            )


def _keep(item: RunItem, *, run: Run, now: datetime) -> bool:
    """Store one that does not wait yet. One whose reason was gone and is back is new, and needs a release of its own. Whether it is new."""
    rule, label, subject_id, cut_off_on, round_ = item.key
    said = {"run": run, "subject_text": item.subject_text, "sentence": item.sentence, "seats": item.seats, "braked_at": now}
    _row, new = BrakedAction.objects.get_or_create(
        rule=rule,
        subject_label=label,
        subject_id=subject_id,
        cut_off_on=cut_off_on,
        round=round_,
        closed_at__isnull=True,
        defaults=said,
    )
    return new


STILL = (ItemOutcome.HELD, ItemOutcome.BRAKED, ItemOutcome.FAILED)


def close_settled(run: Run, *, rules: Collection[str], now: datetime) -> int:
    """What waits under the brake and is not due any more is closed: done, or its reason is gone. Returns how many.

    Only of rules that could be planned; not of subjects that broke, nor what a run for a later instant has braked.
    """
    broken = set(run.errors.values_list("rule", "subject_label", "subject_id"))
    known = set(rules) - {rule for rule, _label, subject_id in broken if subject_id is None}
    closed = 0
    for row in BrakedAction.objects.filter(closed_at__isnull=True, rule__in=known, braked_at__lte=run.as_of):
        rule, label, subject_id, cut_off_on, round_ = _key(row)
        still = run.items.filter(
            rule=rule, subject_label=label, subject_id=subject_id, cut_off_on=cut_off_on, round=round_, outcome__in=STILL
        )
        if (rule, label, subject_id) not in broken and not still.exists():
            closed += BrakedAction.objects.filter(pk=row.pk, closed_at__isnull=True).update(closed_at=now)
    return closed


def waiting(*, rule: str, on: date) -> QuerySet[BrakedAction]:
    """What waits for a release, of a rule and a cut-off day."""
    return BrakedAction.objects.filter(rule=rule, cut_off_on=on, released_at__isnull=True, closed_at__isnull=True)


@transaction.atomic
def release(*, rule: str, on: date, by: Person | None, now: datetime) -> int:
    """Staff let the run do what the brake held back for a rule and a day. Returns how many actions. Raises UnableToRelease."""
    count = waiting(rule=rule, on=on).update(released_at=now, released_by=by)
    if not count:
        raise UnableToRelease(_("Nothing of %(rule)s waits under the brake for %(day)s.") % {"rule": rule, "day": on.isoformat()})
    why = _("%(n)d actions of %(day)s released.") % {"n": count, "day": on.isoformat()}
    journal.record(what="brake_released", now=now, by=by, rule=rule, why=why, about=[])
    return count


@letter("staff", "common.braked", template="common/emails/braked")
def build_braked(notice: Notice) -> Content:
    context = {**notice.context, "on": date.fromisoformat(notice.context["on"])}
    return Content(context=context)
