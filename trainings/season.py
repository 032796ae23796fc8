"""A season of trainings as lines that staff paste: read cell by cell, with what is wrong and what is odd at each. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, day_text, days_before, instant, is_zone, known_zones, zone_city
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.tablefile import CellProblemError, day_in
from trainings.calendar_file import CalendarRow

FIELDS = ("day", "zone", "hours", "capacity", "more")
MOST_LINES, MOST_PLACES, LONGEST_NOTE, LONGEST_DAY = 100, 2000, 2000, 12 * 60

Key = tuple[date, date, time, time, str]
"""What makes two trainings the same: days, hours, zone."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A training to announce."""

    starts_on: date
    ends_on: date
    starts: time
    ends: time
    zone: str
    capacity: int | None = None  # None: the edition's
    link: str = ""
    note: str = ""

    @property
    def key(self) -> Key:
        return self.starts_on, self.ends_on, self.starts, self.ends, self.zone


@dataclass(slots=True)
class SeasonLine:
    """One pasted line: its cells by field, what it plans, problems (nothing is announced) and warnings, each at its cell."""

    line: int
    cells: dict[str, str]
    planned: Planned | None = None
    problems: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)


def read_season(text: str, *, edition: Edition, now: datetime, known: Mapping[Key, str]) -> list[SeasonLine]:
    """Every line that is not empty. `known`: the trainings on the calendar, with their codes."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    here: dict[Key, int] = {}
    found = []
    for number, line in lines:
        cells = _cells(line)
        if number == lines[0][0] and len(lines) > 1 and not re.search(r"\d", line):
            continue  # a heading
        read = _read(number, cells, edition=edition, now=now)
        if read.planned is not None:
            _compare(read, read.planned, here, known)
        found.append(read)
    return found


def _cells(line: str) -> dict[str, str]:
    """By tab, semicolon or comma; whatever comes after the fourth cell is title or address."""
    sign = next((sign for sign in ("\t", ";") if sign in line), ",")
    parts = [part.strip() for part in line.split(sign)]
    return dict(
        zip(FIELDS, [*parts[:4], *[""] * (4 - len(parts[:4])), f"{sign} ".join(part for part in parts[4:] if part)], strict=True)
    )


def _read(number: int, cells: dict[str, str], *, edition: Edition, now: datetime) -> SeasonLine:
    read = SeasonLine(line=number, cells=cells)
    values: dict[str, object] = {}
    steps = (
        ("day", lambda: _days(cells["day"], edition)),
        ("zone", lambda: _zone(cells["zone"])),
        ("hours", lambda: _hours(cells["hours"], edition)),
        ("capacity", lambda: _capacity(cells["capacity"])),
        ("more", lambda: _more(cells["more"])),
    )
    for name, step in steps:
        try:
            values |= step()
        except CellProblemError as problem:
            read.problems[name] = problem.reason
    if not read.problems:
        planned = Planned(**values)  # type: ignore[arg-type]  # each step gives the fields of its cell
        _dates(read, planned, edition=edition, now=now)
        read.planned = planned
    return read


def _days(cell: str, edition: Edition) -> dict[str, object]:
    first, _sign, last = (part.strip() for part in cell.partition("/"))
    starts_on = day_in({"day": first}, "day")
    ends_on = day_in({"day": last}, "day") if last else starts_on + timedelta(days=edition.training_days - 1)
    if ends_on < starts_on:
        raise CellProblemError("day", _("The last day comes before the first."))
    if (ends_on - starts_on).days > 14:
        raise CellProblemError("day", _("A training of more than 15 days cannot be one event."))
    return {"starts_on": starts_on, "ends_on": ends_on}


def _zone(cell: str) -> dict[str, object]:
    """An IANA name; or a city's, where one zone alone has it."""
    if not cell:
        raise CellProblemError("zone", _("Which time zone? For example America/Chicago."))
    if is_zone(cell):
        return {"zone": cell}
    named = sorted(
        zone for zone in known_zones() if zone_city(zone).casefold() == cell.replace("_", " ").casefold() and "/" in zone
    )
    if len(named) == 1:
        return {"zone": named[0]}
    if named:
        raise CellProblemError(
            "zone", _("“%(cell)s” is in more than one zone: %(zones)s.") % {"cell": cell[:60], "zones": ", ".join(named)}
        )
    raise CellProblemError("zone", _("“%(cell)s” is not a time zone such as America/Chicago.") % {"cell": cell[:60]})


def _hours(cell: str, edition: Edition) -> dict[str, object]:
    if not cell:
        return {"starts": edition.starts, "ends": edition.ends}
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–]\s*(\d{1,2})(?:[:.](\d{2}))?", cell)
    if found is None:
        raise CellProblemError("hours", _("“%(cell)s” are no hours such as 09:00-17:00.") % {"cell": cell[:40]})
    try:
        starts, ends = (time(int(found[n]), int(found[n + 1] or 0)) for n in (1, 3))
    except ValueError:
        raise CellProblemError("hours", _("There are no hours %(cell)s.") % {"cell": cell}) from None
    if starts == ends or (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) % (24 * 60) > LONGEST_DAY:
        raise CellProblemError(
            "hours", _("From %(a)s to %(b)s no training lasts.") % {"a": f"{starts:%H:%M}", "b": f"{ends:%H:%M}"}
        )
    return {"starts": starts, "ends": ends}


def _capacity(cell: str) -> dict[str, object]:
    if not cell:
        return {}
    if not re.fullmatch(r"[0-9]{1,4}", cell) or not 1 <= int(cell) <= MOST_PLACES:
        raise CellProblemError(
            "capacity", _("“%(cell)s” is no number of seats from 1 to %(n)d.") % {"cell": cell[:20], "n": MOST_PLACES}
        )
    return {"capacity": int(cell)}


def _more(cell: str) -> dict[str, object]:
    """A title goes to staff's note, an address is the link to the videoconference."""
    address = re.search(r"https?://[^\s,;]+", cell)
    note = (cell[: address.start()] + cell[address.end() :] if address else cell).strip(" ,;\t")
    if len(note) > LONGEST_NOTE:
        raise CellProblemError("more", _("A title has at most %(n)d characters.") % {"n": LONGEST_NOTE})
    if any(ord(sign) < 32 for sign in note):
        raise CellProblemError("more", _("The cell holds a control character, which is no text."))
    if address is None:
        return {"note": note}
    try:
        URLValidator(schemes=["http", "https"])(address[0])
    except ValidationError:
        raise CellProblemError("more", _("“%(cell)s” is no address of a page.") % {"cell": address[0][:60]}) from None
    if len(address[0]) > 500:
        raise CellProblemError("more", _("An address has at most 500 characters."))
    return {"note": note, "link": address[0]}


def _dates(read: SeasonLine, planned: Planned, *, edition: Edition, now: datetime) -> None:
    """What has begun is not announced; too soon for sign-up (R6), or another shape (R2), is said."""
    if instant(planned.starts_on, planned.starts, planned.zone) <= now:
        read.problems["day"] = _("It lies in the past: a training is announced before it begins.")
        return
    sign_up = CutOff(on=days_before(planned.starts_on, edition.sign_up_days), zone=planned.zone)
    days = (planned.ends_on - planned.starts_on).days + 1
    said = []
    if sign_up.passed(now):
        said.append(_("Too soon: sign-up would have ended on %(day)s (R6).") % {"day": day_text(sign_up.on)})
    if days != edition.training_days:
        said.append(_("It lasts %(days)d days, normally %(usual)d (R2).") % {"days": days, "usual": edition.training_days})
    if said:
        read.warnings["day"] = " ".join(said)
    if planned.ends < planned.starts:
        read.warnings["hours"] = _("Each day ends after midnight, on the day after.")


def _compare(read: SeasonLine, planned: Planned, here: dict[Key, int], known: Mapping[Key, str]) -> None:
    """The same days, hours and zone once only: a second one is announced by its own form, on purpose."""
    if planned.key in known:
        read.problems["day"] = _("It is on the calendar already: %(code)s.") % {"code": known[planned.key]}
    elif planned.key in here:
        read.problems["day"] = _("The same stands on line %(n)d.") % {"n": here[planned.key]}
    here.setdefault(planned.key, read.line)


def lines_of(rows: Sequence[CalendarRow], *, now: datetime) -> tuple[str, int, int]:
    """The rows of a calendar's file that are to come, as lines to paste; how many lie in the past, and how many are cancelled."""
    to_come = [row for row in rows if instant(row.starts_on, row.starts, row.zone) > now]
    kept = sorted((row for row in to_come if not row.cancelled), key=lambda row: (row.starts_on, row.zone, row.line))
    text = "\n".join(f"{row.starts_on}/{row.ends_on}\t{row.zone}\t{row.starts:%H:%M}-{row.ends:%H:%M}" for row in kept)
    return text, len(rows) - len(to_come), len(to_come) - len(kept)
