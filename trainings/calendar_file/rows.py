"""The rows of the training calendar's file: each taken, with notes on what was inferred or set, or refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.tablefile import CellProblemError, Cells, Note, Refusal, day_in, read_rows
from trainings.calendar_file import checks
from trainings.calendar_file.texts import hours_said, shape_said

COLUMNS = (
    "start_date",
    "end_date",
    "tz_label_raw",
    "tz_iana_inferred",
    "start_time",
    "end_time",
    "format_raw",
    "times_raw",
    "date_text_raw",
    "utc_offset_raw",
    "first_listed",
    "last_listed",
    "last_status",
    "eventbrite_id",
    "notes",
)
KNOWN = (*COLUMNS, "region_heading", "status_history", "days_listed_before_start")
"""Columns that the calendar has, those included that are kept with the row and not read."""
STATUSES = frozenset({"listed", "registration closed", "full", "cancelled"})
LONGEST_SPAN = 60
LONGEST_DAY = timedelta(hours=12)

EditionOn = Callable[[date], Edition]
"""The edition in force on a day. May raise CellProblemError."""


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A training as the calendar listed it: wall-clock hours of each day in an IANA zone.

    `announced_on` is the day it was first seen on the list, also where that lies after its start: it binds the edition.
    An end that does not come after the start belongs to the next day. `source_key` is the row's identity.
    """

    line: int
    starts_on: date
    ends_on: date
    starts: time
    ends: time
    zone: str
    zone_label: str
    announced_on: date
    last_listed: date | None
    status: str
    event: str
    source_key: str
    source: Mapping[str, str]
    notes: tuple[Note, ...]

    @property
    def cancelled(self) -> bool:
        return self.status == "cancelled"


def read_calendar(
    content: bytes, *, edition: Edition, edition_on: EditionOn | None = None
) -> tuple[list[CalendarRow], list[Refusal]]:
    """Every row of the file: taken or refused. The edition has the shape, and the hours of a row that states none.

    `edition_on`: where the edition depends on the day of announcement. Raises UnreadableFileError where the file as a whole is none.
    """
    lines: dict[str, int] = {}

    def read(line: int, cells: Cells) -> CalendarRow:
        row = _row(line, cells, edition_on or (lambda _day: edition))
        if row.source_key in lines:
            raise CellProblemError("start_date", _("The same training stands on line %(line)d.") % {"line": lines[row.source_key]})
        lines[row.source_key] = line
        return row

    taken, refused = read_rows(content, columns=COLUMNS, read=read)
    return _with_repeats(taken), refused


def _row(line: int, cells: Cells, edition_on: EditionOn) -> CalendarRow:
    notes: list[Note] = []
    starts_on, ends_on = _days(cells)
    announced_on = day_in(cells, "first_listed")
    edition = edition_on(announced_on)
    zone = _zone(cells, notes)
    starts, ends = _hours(cells, edition, notes)
    row = CalendarRow(
        line=line,
        starts_on=starts_on,
        ends_on=ends_on,
        starts=starts,
        ends=ends,
        zone=zone,
        zone_label=cells["tz_label_raw"],
        announced_on=announced_on,
        last_listed=day_in(cells, "last_listed") if cells["last_listed"] else None,
        status=_status(cells),
        event=_event(cells),
        source_key=_key(cells),
        source={name: cells[name][:500] for name in KNOWN if name in cells},
        notes=(),
    )
    said = checks.shape(row, edition) + checks.listing(row) + checks.zone(row) + checks.texts(row)
    return replace(row, notes=(*notes, *said))


def _key(cells: Cells) -> str:
    """What makes two rows one training: days, zone, hours and event as the file has them. Two zones on one day stay two."""
    named = ("start_date", "end_date", "tz_iana_inferred", "start_time", "end_time", "eventbrite_id")
    return "calendar:" + "|".join(cells[name] for name in named)


def _days(cells: Cells) -> tuple[date, date]:
    starts_on, ends_on = day_in(cells, "start_date"), day_in(cells, "end_date")
    if ends_on < starts_on:
        raise CellProblemError("end_date", _("The last day comes before the first."))
    if (ends_on - starts_on).days > LONGEST_SPAN:
        raise CellProblemError("end_date", _("A training of more than %(n)d days cannot be one event.") % {"n": LONGEST_SPAN})
    return starts_on, ends_on


def _status(cells: Cells) -> str:
    status = cells["last_status"]
    if status not in STATUSES:
        raise CellProblemError("last_status", _("“%(status)s” is no status that the calendar knows.") % {"status": status[:40]})
    return status


def _event(cells: Cells) -> str:
    event = cells["eventbrite_id"]
    if not re.fullmatch(r"[0-9A-Za-z-]{0,40}", event):
        raise CellProblemError("eventbrite_id", _("An event's id has at most 40 letters, digits and hyphens."))
    return event


def _zone(cells: Cells, notes: list[Note]) -> str:
    zone, label = cells["tz_iana_inferred"], cells["tz_label_raw"]
    if not zone:
        text = _("The list states no zone that is known (“%(label)s”): set to UTC.") % {"label": label[:80]}
        notes.append(Note("zone-unknown", "tz_iana_inferred", text))
        return "UTC"
    if not is_zone(zone):
        raise CellProblemError("tz_iana_inferred", _("“%(zone)s” is not a time zone.") % {"zone": zone[:60]})
    if not label:
        text = _("The list names no zone: %(zone)s was inferred from what stood beside it.") % {"zone": zone}
        notes.append(Note("zone-inferred", "tz_label_raw", text))
    elif zone != label:
        text = _("The zone was inferred: “%(label)s” read as %(zone)s.") % {"label": label[:80], "zone": zone}
        notes.append(Note("zone-inferred", "tz_label_raw", text))
    return zone


def _time(cells: Cells, field: str) -> time | None:
    given = cells[field]
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", given):
        raise CellProblemError(field, _("“%(given)s” is not a time such as 09:00.") % {"given": given[:40]})
    try:
        return time.fromisoformat(given)
    except ValueError:
        raise CellProblemError(field, _("There is no time %(given)s.") % {"given": given}) from None


def _hours(cells: Cells, edition: Edition, notes: list[Note]) -> tuple[time, time]:
    """Both hours as the columns have them; what they lack from the row's texts, else from the edition, and said."""
    starts, ends = _time(cells, "start_time"), _time(cells, "end_time")
    if starts is None and ends is not None:
        raise CellProblemError("start_time", _("There is an end, and no start."))
    if starts is None:
        starts, ends = _hours_without_columns(cells, edition, notes)
    elif ends is None:
        length, whose = _length(cells, edition)
        ends = _later(starts, length)
        text = _("The list states no end: set to %(ends)s, by %(whose)s.") % {"ends": f"{ends:%H:%M}", "whose": whose}
        notes.append(Note("end-missing", "end_time", text))
    if _span(starts, ends) > LONGEST_DAY:
        raise CellProblemError(
            "end_time", _("From %(a)s to %(b)s no training lasts.") % {"a": f"{starts:%H:%M}", "b": f"{ends:%H:%M}"}
        )
    if ends <= starts:
        notes.append(Note("past-midnight", "end_time", _("Each day ends after midnight, on the day after.")))
    return starts, ends


def _hours_without_columns(cells: Cells, edition: Edition, notes: list[Note]) -> tuple[time, time]:
    for field in ("times_raw", "date_text_raw"):
        if said := hours_said(cells[field]):
            text = _("The columns have no hours: %(starts)s-%(ends)s is what the text says.")
            notes.append(Note("hours-from-text", field, text % {"starts": f"{said.starts:%H:%M}", "ends": f"{said.ends:%H:%M}"}))
            return said.starts, said.ends
    length, whose = _length(cells, edition)
    ends = _later(edition.starts, length)
    text = _("The list states no hours: set to %(starts)s-%(ends)s, by %(whose)s.")
    values = {"starts": f"{edition.starts:%H:%M}", "ends": f"{ends:%H:%M}", "whose": whose}
    notes.append(Note("hours-missing", "start_time", text % values))
    return edition.starts, ends


def _length(cells: Cells, edition: Edition) -> tuple[timedelta, str]:
    """How long a day is where no end is stated: as the text says, else as the edition's day; and which of them."""
    for field in ("format_raw", "times_raw", "date_text_raw"):
        said = shape_said(cells[field])
        if said is not None and said.minutes is not None:
            return timedelta(minutes=said.minutes), _("the %(hours)g hours a day of its text") % {"hours": said.minutes / 60}
    return _span(edition.starts, edition.ends), _("the edition's day")


def _span(starts: time, ends: time) -> timedelta:
    first = datetime.combine(date(2000, 1, 1), starts)
    last = datetime.combine(date(2000, 1, 1 if ends > starts else 2), ends)
    return last - first


def _later(starts: time, length: timedelta) -> time:
    return (datetime.combine(date(2000, 1, 1), starts) + length).time()


def _with_repeats(rows: list[CalendarRow]) -> list[CalendarRow]:
    """One event on several lines was probably moved, or listed again; which line took place is not known, so all are taken, and say so."""
    events: dict[str, list[CalendarRow]] = {}
    for row in rows:
        if row.event:
            events.setdefault(row.event, []).append(row)
    return [replace(row, notes=(*row.notes, *checks.repeats(row, events.get(row.event, [])))) for row in rows]
