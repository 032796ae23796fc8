"""Reading the training calendar's file: each row taken, with notes on what was inferred, or refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import instant, is_zone
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.tablefile import CellProblemError, Note, Refusal, rows_of

COLUMNS = (
    "start_date",
    "end_date",
    "tz_label_raw",
    "tz_iana_inferred",
    "start_time",
    "end_time",
    "date_text_raw",
    "utc_offset_raw",
    "first_listed",
    "last_status",
    "eventbrite_id",
    "notes",
)
STATUSES = frozenset({"listed", "registration closed", "full", "cancelled"})


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A training as the calendar listed it: wall-clock hours of each day in an IANA zone."""

    line: int
    starts_on: date
    ends_on: date
    starts: time
    ends: time
    zone: str
    announced_on: date
    cancelled: bool
    status: str
    source_key: str
    source: Mapping[str, str]
    notes: tuple[Note, ...]


def read_calendar(content: bytes, *, edition: Edition) -> tuple[list[CalendarRow], list[Refusal]]:
    """Every row of the file: taken or refused. `edition` has the hours of a row that states none.

    Raises UnreadableFileError where the file as a whole is none.
    """
    taken: list[CalendarRow] = []
    refused: list[Refusal] = []
    lines: dict[str, int] = {}
    for line, cells in rows_of(content, columns=COLUMNS):
        try:
            row = _row(line, cells, edition)
            if row.source_key in lines:
                raise CellProblemError(
                    "start_date", _("The same training stands on line %(line)d.") % {"line": lines[row.source_key]}
                )
        except CellProblemError as problem:
            refused.append(Refusal(line=line, field=problem.field, reason=problem.reason))
            continue
        lines[row.source_key] = line
        taken.append(row)
    return taken, refused


def _row(line: int, cells: Mapping[str, str], edition: Edition) -> CalendarRow:
    notes: list[Note] = []
    starts_on, ends_on = _date(cells, "start_date"), _date(cells, "end_date")
    if ends_on < starts_on:
        raise CellProblemError("end_date", _("The last day comes before the first."))
    if (ends_on - starts_on).days > 60:
        raise CellProblemError("end_date", _("A training of more than 60 days cannot be one event."))
    zone = _zone(cells, notes)
    starts, ends = _hours(cells, edition, notes)
    announced_on = _date(cells, "first_listed")
    status = cells["last_status"]
    if status not in STATUSES:
        raise CellProblemError("last_status", _("“%(status)s” is no status that the calendar knows.") % {"status": status[:40]})
    _say_shape(starts_on, ends_on, edition, notes)
    _say_listing(cells, starts_on, announced_on, notes)
    _say_offset(cells, starts_on, starts, zone, notes)
    parts = (cells[name] for name in ("start_date", "end_date", "tz_iana_inferred", "start_time", "end_time", "eventbrite_id"))
    return CalendarRow(
        line=line,
        starts_on=starts_on,
        ends_on=ends_on,
        starts=starts,
        ends=ends,
        zone=zone,
        announced_on=announced_on,
        cancelled=status == "cancelled",
        status=status,
        source_key="calendar:" + "|".join(parts),
        source={name: cells[name][:500] for name in COLUMNS},
        notes=tuple(notes),
    )


def _date(cells: Mapping[str, str], field: str) -> date:
    given = cells[field]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
        raise CellProblemError(field, _("“%(given)s” is not a date such as 2018-03-12.") % {"given": given[:40]})
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise CellProblemError(field, _("There is no day %(given)s.") % {"given": given}) from None
    if not 2012 <= day.year <= 2100:
        raise CellProblemError(field, _("The year of %(given)s lies outside 2012 to 2100.") % {"given": given})
    return day


def _time(cells: Mapping[str, str], field: str) -> time | None:
    given = cells[field]
    if not given:
        return None
    if not re.fullmatch(r"\d{2}:\d{2}", given):
        raise CellProblemError(field, _("“%(given)s” is not a time such as 09:00.") % {"given": given[:40]})
    try:
        return time.fromisoformat(given)
    except ValueError:
        raise CellProblemError(field, _("There is no time %(given)s.") % {"given": given}) from None


def _zone(cells: Mapping[str, str], notes: list[Note]) -> str:
    zone, label = cells["tz_iana_inferred"], cells["tz_label_raw"]
    if not zone:
        text = _("The list states no zone that is known (“%(label)s”): set to UTC.") % {"label": label}
        notes.append(Note("zone-unknown", "tz_iana_inferred", text))
        return "UTC"
    if not is_zone(zone):
        raise CellProblemError("tz_iana_inferred", _("“%(zone)s” is not a time zone.") % {"zone": zone[:60]})
    if zone != label:
        text = _("The zone was inferred: “%(label)s” read as %(zone)s.") % {"label": label, "zone": zone}
        notes.append(Note("zone-inferred", "tz_label_raw", text))
    return zone


def _hours(cells: Mapping[str, str], edition: Edition, notes: list[Note]) -> tuple[time, time]:
    """Both hours as written; missing ones by the edition's day, and said."""
    starts, ends = _time(cells, "start_time"), _time(cells, "end_time")
    if starts is not None and ends is not None:
        if starts == ends:
            raise CellProblemError("end_time", _("It ends when it starts."))
        return starts, ends
    if starts is None and ends is not None:
        raise CellProblemError("start_time", _("There is an end, and no start."))
    length = datetime.combine(date.min, edition.ends) - datetime.combine(date.min, edition.starts)
    if starts is None:
        text = _("The list states no hours: set to %(starts)s-%(ends)s.")
        notes.append(
            Note("hours-missing", "start_time", text % {"starts": f"{edition.starts:%H:%M}", "ends": f"{edition.ends:%H:%M}"})
        )
        return edition.starts, edition.ends
    ends = (datetime.combine(date(2000, 1, 1), starts) + length).time()
    notes.append(Note("end-missing", "end_time", _("The list states no end: set to %(ends)s.") % {"ends": f"{ends:%H:%M}"}))
    return starts, ends


def _say_shape(starts_on: date, ends_on: date, edition: Edition, notes: list[Note]) -> None:
    days = (ends_on - starts_on).days + 1
    if days != edition.training_days:
        notes.append(Note("not-two-days", "end_date", _("%(days)d days from first to last, not two in a row.") % {"days": days}))
    if days > 7:
        text = _("Which days between the first and the last it took is not in the list: each day is taken.")
        notes.append(Note("days-unknown", "end_date", text))


def _say_listing(cells: Mapping[str, str], starts_on: date, announced_on: date, notes: list[Note]) -> None:
    if announced_on > starts_on:
        text = _("First seen on the list on %(day)s, after it began.") % {"day": announced_on.isoformat()}
        notes.append(Note("listed-late", "first_listed", text))
    if cells["notes"]:
        notes.append(Note("remark", "notes", cells["notes"][:300]))


def _say_offset(cells: Mapping[str, str], starts_on: date, starts: time, zone: str, notes: list[Note]) -> None:
    """Where the list states an offset from UTC too, and the zone has another on that day, it is said."""
    match = re.fullmatch(r"([+-])(\d{1,2})(?::?(\d{2}))?", cells["utc_offset_raw"])
    if not match or zone == "UTC":
        return
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    stated = timedelta(minutes=minutes if match[1] == "+" else -minutes)
    naive = datetime.combine(starts_on, starts)
    actual = naive - instant(starts_on, starts, zone).replace(tzinfo=None)
    if actual != stated:
        text = _("The list states UTC %(stated)s; %(zone)s is another on that day.")
        notes.append(Note("offset-differs", "utc_offset_raw", text % {"stated": cells["utc_offset_raw"], "zone": zone}))
