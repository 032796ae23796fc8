"""An edition as JSON, and back: strict, so that a wrong number is refused with its field. Pure."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import AgendaItem, Edition, Exercise

BUILT_IN = Path(__file__).parent / "data" / "edition_2017.json"
TUPLES = {"roster_reminders", "checkout_reminders", "report_months"}
TIMES = {"starts", "ends", "earliest_hour", "latest_hour"}
FLAGS = {"cancel_empty"}
TEXTS = {"name", "contact", "curriculum_link", "support_link"}


class EditionProblem(ValueError):
    """A field of an edition does not hold, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def to_json(edition: Edition) -> dict[str, Any]:
    """The edition as plain JSON values: days as ISO dates, hours as "09:00"."""
    plain = asdict(edition)
    plain["in_force_from"] = edition.in_force_from.isoformat()
    plain["level_seats"] = dict(edition.level_seats)
    for name in TIMES:
        plain[name] = getattr(edition, name).strftime("%H:%M")
    for name in TUPLES:
        plain[name] = list(getattr(edition, name))
    plain["agenda"] = [asdict(item) for item in edition.agenda]
    plain["exercises"] = [asdict(item) for item in edition.exercises]
    return plain


def from_json(plain: Mapping[str, Any]) -> Edition:
    """The edition of JSON values. Raises EditionProblem, naming the field."""
    names = {field.name for field in fields(Edition)}
    for missing in sorted(names - plain.keys()):
        raise EditionProblem(missing, _("is missing"))
    for unknown in sorted(plain.keys() - names):
        raise EditionProblem(unknown, _("is not a number of the handbook"))
    edition = Edition(**{name: _value(name, plain[name]) for name in names})
    _check(edition)
    return edition


@functools.cache
def builtin_2017() -> Edition:
    """The first edition: the page's own numbers."""
    return from_json(json.loads(BUILT_IN.read_text(encoding="utf-8")))


def _value(name: str, given: Any) -> Any:
    try:
        return _read(name, given)
    except EditionProblem:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        raise EditionProblem(name, str(problem) or _("cannot be read")) from problem


def _read(name: str, given: Any) -> Any:
    if name == "in_force_from":
        return date.fromisoformat(given)
    if name in TIMES:
        return time.fromisoformat(given)
    if name == "level_seats":
        return {str(level): None if seats is None else _whole(name, seats) for level, seats in given.items()}
    if name in TUPLES:
        return tuple(_whole(name, number) for number in given)
    if name == "agenda":
        return tuple(AgendaItem(**item) for item in given)
    if name == "exercises":
        return tuple(Exercise(**item) for item in given)
    if name in FLAGS:
        if not isinstance(given, bool):
            raise EditionProblem(name, _("is yes or no"))
        return given
    if name in TEXTS:
        return str(given)
    return _whole(name, given)


def _whole(name: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise EditionProblem(name, _("is a whole number, not below zero"))
    return given


def _check(edition: Edition) -> None:
    """What must hold between the numbers."""
    if edition.minimum_team < 1:
        raise EditionProblem("minimum_team", _("is at least 1"))
    for level, seats in edition.level_seats.items():
        if seats and seats < edition.minimum_team:
            raise EditionProblem("level_seats", _("%(level)s holds fewer seats than the minimum team") % {"level": level})
    if edition.capacity < edition.minimum_team:
        raise EditionProblem("capacity", _("holds no team"))
    if edition.training_days < 1:
        raise EditionProblem("training_days", _("is at least 1"))
    if edition.roster_days > edition.sign_up_days:
        raise EditionProblem("roster_days", _("comes after sign-up"))
    for item in edition.agenda:
        if item.kind not in {"session", "break", "lunch"} or item.minutes < 1 or item.day < 1 or item.starts_after < 0:
            raise EditionProblem("agenda", _("“%(title)s” does not hold") % {"title": item.title})
