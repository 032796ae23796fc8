"""Where a row of the calendar contradicts itself, or says what staff should know: notes, never corrections. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import day_text, instant
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.tablefile import Cells, Note
from trainings.calendar_file.texts import days_said, hours_said, shape_said

TEXTS = ("format_raw", "times_raw", "date_text_raw")


class Row(Protocol):
    """What is looked at of a row (see rows.CalendarRow)."""

    @property
    def line(self) -> int: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def starts(self) -> time: ...
    @property
    def ends(self) -> time: ...
    @property
    def zone(self) -> str: ...
    @property
    def zone_label(self) -> str: ...
    @property
    def announced_on(self) -> date: ...
    @property
    def last_listed(self) -> date | None: ...
    @property
    def status(self) -> str: ...
    @property
    def source(self) -> Cells: ...


def shape(row: Row, edition: Edition) -> list[Note]:
    """R2: another number of days than the edition's; a span that can hardly be days in a row."""
    days = (row.ends_on - row.starts_on).days + 1
    notes = []
    if days != edition.training_days:
        text = _("%(days)d days from first to last, not %(usual)d.") % {"days": days, "usual": edition.training_days}
        notes.append(Note("not-two-days", "end_date", text))
    if days > 7:
        text = _("It hardly took place on each of %(days)d days; the portal keeps the first and the last, and takes each between.")
        notes.append(Note("days-unknown", "end_date", text % {"days": days}))
    return notes


def listing(row: Row) -> list[Note]:
    """When it was on the list, how it was marked there, and what was remarked."""
    notes = []
    if row.announced_on > row.starts_on:
        text = _("First seen on the list on %(day)s, after it began: taken as the day of its announcement.")
        notes.append(Note("listed-late", "first_listed", text % {"day": day_text(row.announced_on)}))
    if row.last_listed is not None and row.last_listed < row.announced_on:
        notes.append(Note("listing-order", "last_listed", _("Last listed before it was first listed.")))
    if row.status in {"full", "registration closed"}:
        text = _("Listed as “%(status)s” at last: who signed up elsewhere is not in the file.") % {"status": row.status}
        notes.append(Note("listed-as", "last_status", text))
    if row.source["notes"]:
        notes.append(Note("remark", "notes", row.source["notes"][:300]))
    return notes


def zone(row: Row) -> list[Note]:
    """A label that names two zones or another season, and an offset from UTC that is not the zone's on that day."""
    notes = []
    if "/" in row.zone_label and row.zone_label != row.zone:
        text = _("“%(label)s” names more than one zone: %(zone)s is taken.") % {"label": row.zone_label[:80], "zone": row.zone}
        notes.append(Note("zone-ambiguous", "tz_label_raw", text))
    local = instant(row.starts_on, row.starts, row.zone).astimezone(ZoneInfo(row.zone))
    summer, said = bool(local.dst()), re.search(r"\b(standard|summer|daylight)\b", row.zone_label, re.IGNORECASE)
    if said and (said[1].lower() == "standard") == summer:
        text = _("“%(label)s”, but %(zone)s has %(season)s on that day.")
        season = _("summer time") if summer else _("standard time")
        values = {"label": row.zone_label[:80], "zone": row.zone, "season": season}
        notes.append(Note("season-differs", "tz_label_raw", text % values))
    return notes + _offset(row.source["utc_offset_raw"], local)


def _offset(stated: str, local: datetime) -> list[Note]:
    if not stated:
        return []
    match = re.fullmatch(r"([+-]?)([0-9]{1,2})(?::?([0-9]{2}))?", stated)
    if not match:
        text = _("“%(stated)s” is no offset from UTC such as -5: not looked at.") % {"stated": stated[:20]}
        return [Note("offset-unread", "utc_offset_raw", text)]
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0)) * (-1 if match[1] == "-" else 1)
    if local.utcoffset() == offset:
        return []
    text = _("The list states UTC %(stated)s; %(zone)s is UTC %(actual)s on that day: the zone counts.")
    actual = f"{local:%z}"  # "-0700"
    values = {"stated": stated, "zone": str(local.tzinfo), "actual": f"{actual[:3]}:{actual[3:5]}"}
    return [Note("offset-differs", "utc_offset_raw", text % values)]


def texts(row: Row) -> list[Note]:
    """Where the row's own texts say other days, hours, zone or shape than its columns: the columns count. The same is said once."""
    notes: dict[tuple[str, str], Note] = {}
    for note in (*_days(row), *_hours(row), *_shape(row)):
        notes.setdefault((note.code, note.text), note)
    return list(notes.values())


def _days(row: Row) -> Iterator[Note]:
    text = row.source["date_text_raw"]
    said = days_said(text)
    if said is None:
        if text:
            yield Note("dates-unread", "date_text_raw", _("No days were found in “%(text)s”.") % {"text": text[:60]})
        return
    first, last = (row.starts_on.month, row.starts_on.day), (row.ends_on.month, row.ends_on.day)
    if (said.first, said.last) != (first, last) or said.year not in {None, row.starts_on.year, row.ends_on.year}:
        yield Note("dates-differ", "date_text_raw", _("The text says other days: “%(text)s”.") % {"text": text[:60]})
    if said.year is None:
        year = _("“%(text)s” has no full year: %(year)d is the column's.") % {"text": text[:40], "year": row.starts_on.year}
        yield Note("year-missing", "date_text_raw", year)


def _hours(row: Row) -> Iterator[Note]:
    for field in TEXTS[1:]:
        said = hours_said(row.source[field])
        if said is None:
            continue
        hours = f"{said.starts:%H:%M}-{said.ends:%H:%M}"
        if (said.starts, said.ends) != (row.starts, row.ends):
            text = _("The text says %(hours)s %(zone)s.") % {"hours": hours, "zone": said.zone}
            yield Note("hours-differ", field, text.replace(" .", "."))
        if said.zone and row.zone_label and said.zone.casefold() != row.zone_label.casefold():
            text = _("The text says %(hours)s %(zone)s; the column has %(label)s.")
            yield Note("zone-text-differs", field, text % {"hours": hours, "zone": said.zone, "label": row.zone_label[:80]})


def _shape(row: Row) -> Iterator[Note]:
    days = (row.ends_on - row.starts_on).days + 1
    minutes = (_minutes(row.ends) - _minutes(row.starts)) % (24 * 60)
    for field in TEXTS:
        said = shape_said(row.source[field])
        if said is None:
            continue
        if said.days not in {None, days}:
            text = _("The text says %(said)s days; from first to last there are %(days)d.")
            yield Note("format-differs", field, text % {"said": said.days, "days": days})
        if said.minutes not in {None, minutes}:
            text = _("The text says %(said)g hours a day; from start to end there are %(hours)g.")
            yield Note("format-differs", field, text % {"said": (said.minutes or 0) / 60, "hours": minutes / 60})


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def repeats(row: Row, same_event: Sequence[Row]) -> Iterable[Note]:
    """The other lines of one event."""
    others = [other for other in same_event if other.line != row.line]
    if others:
        lines = ", ".join(str(other.line) for other in others)
        text = _("The same event stands on line %(lines)s too: probably one training, moved or listed again.") % {"lines": lines}
        yield Note("listed-again", "eventbrite_id", text)
