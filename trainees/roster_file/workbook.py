"""An Excel workbook as rows of cells: the sheet with the addresses, numbers and days as text, merged cells, formulas. Pure."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from carpentries_portal.common.tablefile import UnreadableFileError
from trainees.roster_file.addresses import at_count
from trainees.roster_file.archive import damaged, refuse_bad_archive
from trainees.roster_file.columns import has_headings
from trainees.roster_file.values import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    ROWS_BESIDE,
    Row,
    empty,
    too_many_columns,
    too_many_rows,
)

MOST_SHEETS = 50
MOST_EMPTY = 5_000
"""Rows in a row that hold nothing: behind so many nobody stands, and a sheet may claim a thousand million of them."""
MOST_SPREAD = 50_000
_MERGED = re.compile(rb"<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref=[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']")
_FORMULA = re.compile(rb"<(?:\w{1,20}:)?f[\s/>]")
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f])_")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's rows that hold anything; why it cannot be taken, if so; whether it breaks off behind empty rows."""

    title: str
    hidden: bool
    rows: tuple[Row, ...]
    refusal: UnreadableFileError | None = None
    cut_at: int = 0

    def holds_addresses(self) -> bool:
        return any(at_count(cell) for row in self.rows for cell in row.cells)


def rows_of_workbook(content: bytes) -> tuple[list[Row], list[str]]:
    """The rows of the sheet that holds addresses, and notes. Raises UnreadableFileError."""
    refuse_bad_archive(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of fonts, print areas and the like, which are not looked at
            return _chosen(content)
    except UnreadableFileError:
        raise
    except Exception as problem:  # openpyxl raises whatever it stumbles upon in a damaged file: KeyError, TypeError, …
        raise damaged() from problem


def _chosen(content: bytes) -> tuple[list[Row], list[str]]:
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    if len(book.worksheets) > MOST_SHEETS:
        raise UnreadableFileError(_("The workbook has more than %(n)d sheets. Copy the list into a new one.") % {"n": MOST_SHEETS})
    sheets = [_sheet(sheet) for sheet in book.worksheets]
    shown = [sheet for sheet in sheets if not sheet.hidden]
    taken = _first_list(shown) or _first_list(sheets) or next((sheet for sheet in (*shown, *sheets) if sheet.rows), None)
    if taken is None:
        raise empty()
    if taken.refusal:
        raise taken.refusal
    at = sheets.index(taken)
    with book._archive.open(
        book.worksheets[at]._worksheet_path
    ) as member:  # no public way leads to merged cells in a read-only sheet
        xml = member.read()
    rows = _with_formulas(taken.rows, content, at) if _FORMULA.search(xml) else taken.rows
    return _with_merged(rows, _merged(xml)), _notes(taken, sheets)


def _first_list(sheets: Sequence[Sheet]) -> Sheet | None:
    """The first sheet that holds addresses, one with headings before one without: instructions may name an address to write to."""
    holding = [sheet for sheet in sheets if sheet.holds_addresses()]
    return next((sheet for sheet in holding if has_headings(sheet.rows)), holding[0] if holding else None)


def _notes(taken: Sheet, sheets: Sequence[Sheet]) -> list[str]:
    notes = []
    others = [sheet for sheet in sheets if sheet is not taken and (sheet.rows or sheet.refusal)]
    if others:
        named = ", ".join(f"“{sheet.title[:40]}”" for sheet in others[:5])
        notes.append(_("Read from the sheet “%(sheet)s”; not read: %(others)s.") % {"sheet": taken.title[:40], "others": named})
    also = [sheet.title[:40] for sheet in others if not sheet.hidden and sheet.holds_addresses()]
    if also:
        notes.append(
            _("“%(sheet)s” holds addresses too. If they belong to this list, copy them into one sheet.") % {"sheet": also[0]}
        )
    if taken.hidden:
        notes.append(_("The sheet “%(sheet)s” is hidden in the workbook.") % {"sheet": taken.title[:40]})
    if taken.cut_at:
        notes.append(_("Reading stopped at row %(line)d, behind thousands of empty rows.") % {"line": taken.cut_at})
    return notes


def _sheet(sheet: Any) -> Sheet:
    """One sheet, read until it is clear that it is no list of a team."""
    sheet.reset_dimensions()  # some programs state wrong ones, and cells outside them would be lost
    found: list[Row] = []
    result = Sheet(sheet.title, sheet.sheet_state != "visible", ())
    last = 0
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if line - last > MOST_EMPTY:
            result = replace(result, cut_at=line)
            break
        row = Row(line, _cells(values)) if any(value is not None for value in values) else None
        if row is None or not row.holds_anything():
            continue
        last = line
        found.append(row)
        if refusal := _refusal(row, len(found)):
            result = replace(result, refusal=refusal)
            break
    return replace(result, rows=tuple(found))


def _refusal(row: Row, rows: int) -> UnreadableFileError | None:
    if rows > MOST_ROWS + ROWS_BESIDE:
        return too_many_rows()
    if sum(bool(cell) for cell in row.cells) > MOST_COLUMNS:
        return too_many_columns()
    if max(map(len, row.cells)) > LONGEST_CELL:
        reason = _("A cell in row %(line)d holds more than %(n)s characters: that is no list of people.")
        return UnreadableFileError(reason % {"line": row.line, "n": f"{LONGEST_CELL:,}"})
    return None


def _cells(values: Sequence[object]) -> tuple[str, ...]:
    """Cells as text, without the empty ones at the end: whole columns may be formatted far to the right."""
    cells = [_text(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if "_x00" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _with_formulas(rows: Sequence[Row], content: bytes, at: int) -> tuple[Row, ...]:
    """The rows, with the cells that hold a formula and no result: whoever made the file never opened it in Excel."""
    book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    sheet = book.worksheets[at]
    sheet.reset_dimensions()
    shown = {row.line: row for row in rows}
    found = dict(shown)
    last = 0
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        if any(cell.value is not None for cell in cells):
            last = line
        if line - last > MOST_EMPTY or len(found) > MOST_ROWS + ROWS_BESIDE:
            break
        row = shown.get(line, Row(line, ()))
        formulas = {column for column, cell in enumerate(cells) if cell.data_type == "f" and not row.cell(column)}
        if formulas:
            found[line] = replace(row, formulas=frozenset(formulas))
    return tuple(found[line] for line in sorted(found))


def _merged(xml: bytes) -> Iterator[tuple[int, int, int, int]]:
    """First and last row (from 1), first and last column (from 0) of each merged area."""
    for match in _MERGED.finditer(xml):
        left, top, right, bottom = range_boundaries(match[1].decode())
        yield top, bottom, left - 1, right - 1


def _with_merged(rows: Sequence[Row], merged: Iterator[tuple[int, int, int, int]]) -> list[Row]:
    """The rows, with what reaches them from the one filled cell of a merged area: a location may be written once for a group."""
    by_line = {row.line: row for row in rows}
    spread: dict[int, dict[int, str]] = {}
    left = MOST_SPREAD
    for top, bottom, first, last in merged:
        value = by_line[top].cell(first) if top in by_line else ""
        if not value or left <= 0:
            continue
        for line in range(top, min(bottom, top + MOST_ROWS) + 1):
            for column in range(first, min(last, first + MOST_COLUMNS) + 1):
                left -= 1
                if line in by_line and (line, column) != (top, first):
                    spread.setdefault(line, {})[column] = value
    return [replace(row, spread=spread[row.line]) if row.line in spread else row for row in rows]
