"""Holding: staff keep the run from acting on one thing to the end of a day, whatever the rule (R19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, turns
from carpentries_portal.common.dates import CutOff, day_text, today_in
from carpentries_portal.common.enforcement.registry import RULES, HoldsItself, Key, PlannedAction
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import ExceptionRecord, Hold, Person
from carpentries_portal.common.prepared import prepared

LONGEST_DAYS = 180

Subject = tuple[str, str, int]  # rule, label, id


@prepared
def _of_subject(subject_id: Any) -> QuerySet[Hold]:
    return Hold.objects.filter(subject_id=subject_id)


class UnableToHold(UnableTo):
    """Nothing is due there any more, the hold would be too short or too long, or another lasts as long."""


def in_force(now: datetime) -> dict[Subject, Hold]:
    """The holds that stand at the instant, by what they hold; of several the one that ends last."""
    rows = Hold.objects.in_force(now).order_by("until")
    return {(row.rule, row.subject_label, row.subject_id): row for row in rows}


def among(actions: Iterable[PlannedAction], now: datetime) -> dict[Key, Hold]:
    """Which of a plan's actions staff hold at the instant, by their keys."""
    held = in_force(now)
    found = {action.key: held.get((action.rule, action.label, action.subject_id)) for action in actions}
    return {key: row for key, row in found.items() if row is not None}


def by_rules(now: datetime) -> Iterator[tuple[PlannedAction, ExceptionRecord]]:
    """What rules with a hold of their own would do if it did not stand, with the hold: the plan leaves it out."""
    for rule in RULES:
        if isinstance(rule, HoldsItself):
            yield from rule.held(now)


def stands(action: PlannedAction, now: datetime) -> bool:
    """Whether staff hold it at the instant: the twin of `in_force` for one action, asked under its subject's lock."""
    return bool(_standing(action, now))


def _standing(action: PlannedAction, now: datetime) -> list[Hold]:
    rows = _of_subject(subject_id=action.subject_id)
    return [row for row in rows if (row.rule, row.subject_label) == (action.rule, action.label) and row.is_in_force(now)]


def latest_day(action: PlannedAction, now: datetime) -> date:
    """The last day to which it may be held: the rule's own, or half a year from today in the zone of its cut-off."""
    return action.hold_to or today_in(action.cut_off.zone, now) + timedelta(days=LONGEST_DAYS)


@transaction.atomic
def hold(*, rule: str, subject_id: int, until_on: date, why: str, by: Person, now: datetime, as_of: datetime) -> ExceptionRecord:
    """Keep a rule from acting on what it would act on at `as_of`, to the end of a day in that thing's zone.

    Returns the exception: the rule's own kind, or a Hold. Raises UnableToHold, and what the rule's own hold raises.
    """
    turns.take(f"hold {rule} {subject_id}")
    found = RULES.get(rule)
    try:
        action = found.replan(subject_id, as_of) if found is not None else None
    except (ObjectDoesNotExist, LookupError):
        action = None
    if found is None or action is None:
        raise UnableToHold(_("This is due no longer: there is nothing to hold."))
    if isinstance(found, HoldsItself):
        return found.hold(subject_id=subject_id, until_on=until_on, why=why, by=by, now=now)
    end, latest = CutOff(on=until_on, zone=action.cut_off.zone), latest_day(action, now)
    if until_on > latest:
        raise UnableToHold(_("A hold ends on %(day)s at the latest.") % {"day": day_text(latest)})
    if end.ends_at <= max(now, as_of):
        raise UnableToHold(_("A hold ends later than the run that it holds back."))
    if any(row.until is not None and row.until >= end.ends_at for row in _standing(action, now)):
        raise UnableToHold(_("It is held that long already."))
    record = Hold(
        rule=rule,
        subject_label=action.label,
        subject_id=subject_id,
        subject_words=action.subject_text[:200],
        subject_zone=action.cut_off.zone,
        reason=why.strip(),
        refusal=action.verdict.sentence,
        asked_for=_("hold it"),
        until=end.ends_at,
        to_date=until_on,
    )
    return exceptions.enter(record, by=by, now=now)
