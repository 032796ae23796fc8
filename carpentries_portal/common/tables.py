"""Tables that leave the portal: CSV and Excel, row by row in flat memory; no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import IO

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from carpentries_portal.common.texts import plain_cell

KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOST_ROWS = 1_048_576
"""Of a sheet, as Excel has it: a longer table goes on in another one."""
LONGEST_NAME = 28
"""Of a sheet: Excel takes 31 signs, and a number may follow."""
WIDTH = 20
"""Of each column, in letters: an instant is seen whole."""
IN_MEMORY = 2 * 1024 * 1024

Cell = str | int | bool | date | datetime | None
"""What stands in a table: text, numbers, days, instants (UTC), yes or no, nothing."""


def csv_bits(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file bit by bit: UTF-8 with the mark by which Excel knows it; days and instants as ISO."""
    yield "\ufeff".encode() + _line(header)
    for row in rows:
        yield _line(row)


def xlsx_file(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str, most_rows: int = MOST_ROWS) -> IO[bytes]:
    """The workbook as an open file at its beginning, which is on disk where it is large. Whoever gets it closes it."""
    book = openpyxl.Workbook(write_only=True)  # its rows go to disk one by one
    coming = iter(rows)
    while True:
        sheet = book.create_sheet(title[:LONGEST_NAME].rstrip())  # a second one of the name gets a number
        sheet.freeze_panes = "A2"
        for column in range(1, len(header) + 1):
            sheet.column_dimensions[get_column_letter(column)].width = WIDTH
        sheet.append([_excel(cell) for cell in header])
        written = 1
        for row in itertools.islice(coming, most_rows - 1):
            sheet.append([_excel(cell) for cell in row])
            written += 1
        if written < most_rows:
            break
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # whoever gets it closes it
    book.save(out)
    out.seek(0)
    return out  # type: ignore[return-value]  # it is one, and its type says so from Python 3.12 on


def _line(cells: Iterable[Cell]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([_text(cell) for cell in cells])
    return out.getvalue().encode()


def _text(cell: Cell) -> str:
    """A cell of a CSV file. Numbers and days are none of a person's text: a minus before them stays as it is."""
    if isinstance(cell, str):
        return plain_cell(cell)
    if isinstance(cell, bool) or cell is None:
        return {True: _("yes"), False: _("no"), None: ""}[cell]
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _excel(cell: Cell) -> str | int | date | None:
    """A cell of a workbook: days and instants are Excel's own, text is guarded too, because a workbook may be saved as CSV."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    if isinstance(cell, bool) or cell is None:
        return _text(cell) or None
    return ILLEGAL_CHARACTERS_RE.sub("", plain_cell(cell)) if isinstance(cell, str) else cell
