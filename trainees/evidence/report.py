"""A videoconference's report as Zoom writes it: who was connected from when to when, what could not be read, what was inferred. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import is_zone
from trainees.evidence.intervals import Spans, merge, overlap
from trainees.evidence.table import Row, Table, read_table
from trainees.evidence.times import Stamp, Stay, is_day_first, read_stamp, stay

LONGEST_NAME, LONGEST_ADDRESS = 300, 254
YES = {"yes", "y", "true", "1", "ja", "oui", "sí", "si", "sim", "はい"}

Intervals = tuple[tuple[datetime, datetime], ...]
"""UTC instants, half-open, sorted and merged."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken: its first line in the file (from 1), the field as the file names it, the sentence."""

    line: int
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What was inferred or disagrees: order, clocks, duration, days. `line` is None where it is about the whole file."""

    code: str
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """All rows of one address, or of one name where there is no address: reconnects and devices merged.

    `name` is the first that it was shown under, `also` the others. A connection of no length has no interval.
    """

    name: str
    email: str
    intervals: Intervals
    lines: tuple[int, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, in the order of the file. `waiting`: the rows of the waiting room, which is no presence (R15)."""

    connections: tuple[Connection, ...]
    waiting: tuple[Connection, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    topic: str = ""
    meeting_id: str = ""


@dataclass(frozen=True, slots=True)
class _Taken:
    row: Row
    stay: Stay


class _RowProblem(ValueError):
    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def read_report(content: bytes, *, zone: str, days: Sequence[date] = ()) -> Report:
    """P9: the connections of a report, whose times are wall-clock in `zone`, the host's.

    `days` are those of the training: they help to tell day from month, and a report of other days is noted. A row that cannot be read is
    a problem at its line, never left out in silence. Raises UnreadableFileError where nothing can be used, ValueError for an unknown zone.
    """
    if not is_zone(zone):
        raise ValueError(_("“%(zone)s” is not a time zone.") % {"zone": zone[:60]})
    table = read_table(content)
    stamps = [stamp for row in table.rows for field in ("join", "leave") if (stamp := read_stamp(row.cells[field]))]
    day_first, said = is_day_first(stamps, days)
    taken: list[_Taken] = []
    problems: list[Problem] = []
    for row in table.rows:
        try:
            taken.append(_Taken(row, _stay(row, table, zone=zone, day_first=day_first)))
        except _RowProblem as problem:
            problems.append(Problem(row.line, problem.field, problem.text))
    notes = [Note("order", said)] if said else []
    notes += _days_note(taken, days, zone)
    notes += [note for one in taken for note in _row_notes(one)]
    return Report(
        connections=_connections([one for one in taken if not _is_waiting(one.row)]),
        waiting=_connections([one for one in taken if _is_waiting(one.row)]),
        problems=tuple(problems),
        notes=tuple(notes),
        topic=table.topic,
        meeting_id=table.meeting_id,
    )


def presence(connection: Connection, day_starts: Sequence[datetime]) -> tuple[Spans, ...]:
    """A connection as seconds from each day's start, to lay beside the roll call: merged, clipped to each day.

    `day_starts` are the UTC instants of the days' starts, in order; a day lasts 24 hours, or until the next one starts. Seconds are as
    they pass, so in the hours after a clock change within a day they are not those of the wall.
    """
    days: list[Spans] = []
    for number, start in enumerate(day_starts, start=1):
        end = min([start + timedelta(days=1), *day_starts[number : number + 1]])
        clipped = overlap(connection.intervals, [(start, end)])
        days.append(tuple((round((a - start).total_seconds()), round((b - start).total_seconds())) for a, b in clipped))
    return tuple(days)


def _stay(row: Row, table: Table, *, zone: str, day_first: bool) -> Stay:
    """When the row's person was connected. Raises _RowProblem."""
    if any(re.search(r"[\r\n]", cell) for cell in row.raw):
        text = _("A quotation mark is open: lines %(first)d to %(last)d cannot be read.")
        raise _RowProblem(table.labels["name"], text % {"first": row.line, "last": row.last_line})
    if any(cell.strip() for cell in row.raw[table.width :]):
        text = _("The row has %(n)d cells, the header %(all)d: the row has a sign too many between its cells.")
        raise _RowProblem(table.labels["name"], text % {"n": len(row.raw), "all": table.width})
    if not row.cells["name"] and not _email(row):
        raise _RowProblem(table.labels["name"], _("The row has neither a name nor an address."))
    if len(row.cells["name"]) > LONGEST_NAME:
        raise _RowProblem(table.labels["name"], _("A name has at most %(n)d characters.") % {"n": LONGEST_NAME})
    if len(_email(row)) > LONGEST_ADDRESS:
        raise _RowProblem(table.labels["email"], _("An e-mail address has at most %(n)d characters.") % {"n": LONGEST_ADDRESS})
    joined, left = (_moment(row, field, table, day_first=day_first) for field in ("join", "leave"))
    read = stay(joined, left, zone=zone, minutes=_minutes(row))
    if read.ends < read.begins:
        raise _RowProblem(table.labels["leave"], _("The leave time comes before the join time."))
    return read


def _moment(row: Row, field: str, table: Table, *, day_first: bool) -> tuple[date, time]:
    """The wall-clock time of a cell. Raises _RowProblem."""
    cell = row.cells[field]
    if not cell:
        raise _RowProblem(table.labels[field], _("There is no time."))
    stamp: Stamp | None = read_stamp(cell)
    if stamp is None:
        text = _("“%(given)s” is not a time such as 03/12/2018 09:01:33 AM.")
        raise _RowProblem(table.labels[field], text % {"given": cell[:40]})
    on = stamp.on(day_first=day_first)
    if on is None:
        order = _("day first") if day_first else _("month first")
        text = _("There is no such day: “%(given)s”, read %(order)s.")
        raise _RowProblem(table.labels[field], text % {"given": cell[:40], "order": order})
    return on, stamp.at


def _minutes(row: Row) -> float | None:
    """The duration in minutes, or None where there is none that can be read."""
    cell = row.cells.get("duration", "")
    return float(cell) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", cell) else None


def _email(row: Row) -> str:
    """The address, "" where the cell has none: some write "n/a"."""
    cell = row.cells.get("email", "")
    return cell if "@" in cell else ""


def _is_waiting(row: Row) -> bool:
    return row.cells.get("waiting", "").casefold() in YES


def _row_notes(one: _Taken) -> list[Note]:
    notes = [Note("clocks", text, one.row.line) for text in one.stay.notes]
    minutes, cell = _minutes(one.row), one.row.cells.get("duration", "")
    named = {"given": cell[:40], "minutes": f"{one.stay.seconds / 60:.1f}"}
    if cell and minutes is None:
        notes.append(Note("duration", _("The duration “%(given)s” is no number of minutes.") % named, one.row.line))
    elif minutes is not None and not one.stay.agrees(minutes):
        text = _("The duration is %(given)s minutes, but from join to leave it is %(minutes)s. The times count.")
        notes.append(Note("duration", text % named, one.row.line))
    return notes


def _days_note(taken: Sequence[_Taken], days: Sequence[date], zone: str) -> list[Note]:
    """Whether the report is of other days than the training. The day before and after count: the host may live elsewhere."""
    local = ZoneInfo(zone)
    beside = {day + timedelta(days=n) for day in days for n in (-1, 0, 1)}
    on = {at.astimezone(local).date() for one in taken for at in (one.stay.begins, one.stay.ends)}
    if not days or not on or on & beside:
        return []
    return [Note("days", _("No connection falls on a day of the training."))]


def _connections(taken: Sequence[_Taken]) -> tuple[Connection, ...]:
    groups: dict[tuple[str, str], list[_Taken]] = {}
    for one in taken:
        email = _email(one.row)
        key = ("email", email) if email else ("name", one.row.cells["name"])
        groups.setdefault((key[0], unicodedata.normalize("NFC", key[1]).casefold()), []).append(one)
    return tuple(_connection(group) for group in groups.values())


def _connection(group: Sequence[_Taken]) -> Connection:
    names = list(dict.fromkeys(one.row.cells["name"] for one in group if one.row.cells["name"])) or [""]
    return Connection(
        name=names[0],
        email=_email(group[0].row),
        intervals=merge((one.stay.begins, one.stay.ends) for one in group),
        lines=tuple(one.row.line for one in group),
        also=tuple(names[1:]),
    )
