"""An edition as JSON, and back: strict, so that a wrong number is refused with its field. Pure."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import date, time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import AgendaItem, Edition, Exercise

BUILT_IN = Path(__file__).parent / "data" / "edition_2017.json"
LISTS = {"roster_reminders", "checkout_reminders", "report_months"}
TIMES = {"starts", "ends", "earliest_hour", "latest_hour"}
FLAGS = {"cancel_empty"}
TEXTS = {"name", "contact"}
LINKS = {"curriculum_link", "support_link"}
KINDS = ("session", "break", "lunch")
MOST = 9999  # days and seats beyond it are slips, and would leave the calendar


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
    for name in LISTS:
        plain[name] = list(getattr(edition, name))
    plain["agenda"] = [asdict(item) for item in edition.agenda]
    plain["exercises"] = [asdict(item) for item in edition.exercises]
    return plain


def from_json(plain: Mapping[str, Any]) -> Edition:
    """The edition of JSON values. Raises EditionProblem, naming the field."""
    edition = read_json(plain)
    for problem in contradictions(edition):
        raise problem
    return edition


def read_json(plain: Mapping[str, Any]) -> Edition:
    """As `from_json`, whatever its numbers say to each other. Raises EditionProblem, naming the field."""
    if not isinstance(plain, Mapping):
        raise EditionProblem("edition", _("is a set of named numbers"))
    names = {field.name for field in fields(Edition)}
    _same_names("", plain, names)
    return Edition(**{name: _reader(name)(name, plain[name]) for name in names})


@functools.cache
def builtin_2017() -> Edition:
    """The first edition: the page's own numbers."""
    return from_json(json.loads(BUILT_IN.read_text(encoding="utf-8")))


def _reader(name: str) -> Callable[[str, Any], Any]:
    special: dict[str, Callable[[str, Any], Any]] = {
        "in_force_from": _day,
        "level_seats": _level_seats,
        "agenda": _agenda,
        "exercises": _exercises,
    }
    kinds: tuple[tuple[set[str], Callable[[str, Any], Any]], ...] = (
        (TIMES, _hour),
        (LISTS, _wholes),
        (FLAGS, _flag),
        (TEXTS, _text),
        (LINKS, _link),
    )
    return special.get(name) or next((read for members, read in kinds if name in members), _whole)


def _same_names(where: str, given: Mapping[str, Any], names: set[str]) -> None:
    """Nothing missing, nothing more. `where` stands before the name, as "agenda line 3: "."""
    for missing in sorted(names - given.keys()):
        raise EditionProblem(where + missing, _("is missing"))
    for unknown in sorted(str(key) for key in given.keys() - names):
        raise EditionProblem(where + unknown, _("is not a number of the handbook"))


def _whole(name: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MOST:
        raise EditionProblem(name, _("is a whole number from 0 to %(most)d") % {"most": MOST})
    return given


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise EditionProblem(name, _("is a text"))
    return given


def _link(name: str, given: Any) -> str:
    if not _text(name, given).startswith(("https://", "http://")):
        raise EditionProblem(name, _("is a link that begins with https://"))
    return str(given)


def _flag(name: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise EditionProblem(name, _("is yes or no"))
    return given


def _day(name: str, given: Any) -> date:
    try:
        return date.fromisoformat(_text(name, given))
    except ValueError:
        raise EditionProblem(name, _("is a date, such as 2012-01-01")) from None


def _hour(name: str, given: Any) -> time:
    try:
        read = time.fromisoformat(_text(name, given))
    except ValueError:
        raise EditionProblem(name, _("is a time of day, such as 09:00")) from None
    if read.tzinfo is not None or read.second or read.microsecond:
        raise EditionProblem(name, _("is a time of day, such as 09:00"))
    return read


def _list(name: str, given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise EditionProblem(name, _("is a list"))
    return given


def _wholes(name: str, given: Any) -> tuple[int, ...]:
    return tuple(_whole(name, number) for number in _list(name, given))


def _level_seats(name: str, given: Any) -> dict[str, int | None]:
    if not isinstance(given, Mapping):
        raise EditionProblem(name, _("names the seats of each level"))
    found = {_text(name, level): None if seats is None else _whole(name, seats) for level, seats in given.items()}
    # smallest first, by contract last: PostgreSQL's JSON keeps no order of its own
    return dict(sorted(found.items(), key=lambda one: (one[1] is None, one[1] or 0)))


def _lines(name: str, given: Any, names: set[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each line of a list of named values, with what to call it in a problem."""
    lines = [(f"{name} line {number}: ", line) for number, line in enumerate(_list(name, given), start=1)]
    for where, line in lines:
        if not isinstance(line, Mapping):
            raise EditionProblem(where.rstrip(": "), _("is a set of named values"))
        _same_names(where, line, names)
    return lines


def _agenda(name: str, given: Any) -> tuple[AgendaItem, ...]:
    items = []
    for where, line in _lines(name, given, {field.name for field in fields(AgendaItem)}):
        numbers = {key: _whole(where + key, line[key]) for key in ("day", "starts_after", "minutes")}
        if line["kind"] not in KINDS:
            raise EditionProblem(where + "kind", _("is one of %(kinds)s") % {"kinds": ", ".join(KINDS)})
        for key in ("day", "minutes"):
            if numbers[key] < 1:
                raise EditionProblem(where + key, _("is at least 1"))
        items.append(AgendaItem(title=_text(where + "title", line["title"]), kind=line["kind"], **numbers))
    return tuple(items)


def _exercises(name: str, given: Any) -> tuple[Exercise, ...]:
    exercises = tuple(
        Exercise(
            code=_text(where + "code", line["code"]),
            name=_text(where + "name", line["name"]),
            link=_link(where + "link", line["link"]),
        )
        for where, line in _lines(name, given, {field.name for field in fields(Exercise)})
    )
    if len({exercise.code for exercise in exercises}) < len(exercises):
        raise EditionProblem(name, _("have a code each"))
    return exercises


def contradictions(edition: Edition) -> Iterator[EditionProblem]:
    """What must hold between the numbers and does not, each at the field that is to be changed."""
    for name in ("minimum_team", "training_days"):
        if getattr(edition, name) < 1:
            yield EditionProblem(name, _("is at least 1"))
    for level, seats in edition.level_seats.items():
        if seats and seats < edition.minimum_team:
            yield EditionProblem("level_seats", _("%(level)s holds fewer seats than the minimum team") % {"level": level})
    if edition.capacity < edition.minimum_team:
        yield EditionProblem("capacity", _("holds no team"))
    if edition.roster_days > edition.sign_up_days:
        yield EditionProblem("roster_days", _("comes after sign-up"))
    if edition.ends <= edition.starts:
        yield EditionProblem("ends", _("comes after the start"))
    if edition.latest_hour <= edition.earliest_hour:
        yield EditionProblem("latest_hour", _("comes after the earliest"))
    if "@" not in edition.contact:
        yield EditionProblem("contact", _("is an e-mail address"))
