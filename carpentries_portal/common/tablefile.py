"""Reading a CSV file of known columns: each row taken or refused with line, field and reason, or one clear problem. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import FIRST_YEAR, LAST_YEAR

MOST_BYTES = 20 * 1024 * 1024
LONGEST_CELL = 20_000

Cells = Mapping[str, str]
Read = TypeVar("Read")


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read: what it is instead, and where it broke."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was inferred, set or found to disagree, so that it can be found: a code, the field, the sentence."""

    code: str
    field: str
    text: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "field": self.field, "text": self.text}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: its first line in the file (the header is line 1), the field, the reason."""

    line: int
    field: str
    reason: str


class CellProblemError(ValueError):
    """A cell that does not hold: its field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def content_of(path: Path) -> bytes:
    """A file's content, never more than is taken. Raises UnreadableFileError where it cannot be opened or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise UnreadableFileError(problem.strerror or _("The file cannot be opened.")) from problem
    except ValueError as problem:  # a NUL in the name
        raise UnreadableFileError(_("That is not the name of a file.")) from problem
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(_("The file is larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
    return content


def text_of(content: bytes) -> str:
    """The file as text, with or without a byte order mark. Raises UnreadableFileError where it is no UTF-8 text."""
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(_("The file is larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise UnreadableFileError(_("The file is empty."))
    if content.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFileError(_("This is a PDF or a spreadsheet, not a CSV file. Save it as CSV (UTF-8)."))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFileError(_("The file is UTF-16, not UTF-8. Save it as CSV (UTF-8)."))
    if (at := content.find(b"\x00")) >= 0:
        line = content.count(b"\n", 0, at) + 1
        raise UnreadableFileError(
            _("Line %(line)d has a NUL byte: this is no text. Save the file as CSV (UTF-8).") % {"line": line}
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise UnreadableFileError(_("Line %(line)d is not UTF-8 text. Save the file as CSV (UTF-8).") % {"line": line}) from problem


def read_rows(content: bytes, *, columns: Sequence[str], read: Callable[[int, Cells], Read]) -> tuple[list[Read], list[Refusal]]:
    """What `read(line, cells)` makes of each row, and the rows that it or the file's shape refused (CellProblemError).

    Cells come without white space around them. Empty lines are passed over. Raises UnreadableFileError: nothing of the file can be used.
    """
    taken: list[Read] = []
    refused: list[Refusal] = []
    reader = csv.reader(io.StringIO(text_of(content), newline=""), strict=True)
    header = _header(reader, columns)
    for line, raw in _lines(reader):
        try:
            taken.append(read(line, _row(header, raw)))
        except CellProblemError as problem:
            refused.append(Refusal(line=line, field=problem.field, reason=problem.reason))
    return taken, refused


def columns_beside(content: bytes, *, known: Sequence[str]) -> tuple[str, ...]:
    """The columns that no one here knows and that are therefore not read, as they are named. Raises UnreadableFileError."""
    header = _header(csv.reader(io.StringIO(text_of(content), newline=""), strict=True), ())
    return tuple(name or _("(a column without a name)") for name in header if name not in known)


def day_in(cells: Cells, field: str) -> date:
    """The day that a cell holds, written 2018-03-12. Raises CellProblemError."""
    given = cells[field]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        raise CellProblemError(field, _("“%(given)s” is not a date such as 2018-03-12.") % {"given": given[:40]})
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise CellProblemError(field, _("There is no day %(given)s.") % {"given": given}) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        reason = _("The year of %(given)s lies outside %(first)d to %(last)d.")
        raise CellProblemError(field, reason % {"given": given, "first": FIRST_YEAR, "last": LAST_YEAR})
    return day


def _header(reader: csv._reader, columns: Sequence[str]) -> list[str]:  # type: ignore[name-defined]  # the type has no public name
    _line, cells = next(_lines(reader), (1, []))
    header = [cell.strip() for cell in cells]
    missing = [name for name in columns if name not in header]
    if missing:
        reason = _("These columns are missing: %(names)s.") % {"names": ", ".join(missing)}
        other = next((sign for sign in (";", "\t", "|") if len(header) == 1 and sign in header[0]), None)
        if other:
            reason += " " + _("Cells are separated by commas; this file has another sign.")
        raise UnreadableFileError(reason)
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise UnreadableFileError(_("These columns stand twice: %(names)s.") % {"names": ", ".join(doubled)})
    return header


def _lines(reader: csv._reader) -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]  # as above
    """Rows that are not empty, each with the line on which it begins: a cell in quotes may run over several."""
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise UnreadableFileError(_("Line %(line)d is no CSV: %(why)s.") % {"line": begins, "why": problem}) from problem
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _row(header: Sequence[str], raw: Sequence[str]) -> dict[str, str]:
    """The cells by column. Raises CellProblemError for a row of another shape, or with what no cell holds."""
    if len(raw) != len(header):
        field = header[len(raw)] if len(raw) < len(header) else header[-1]
        reason = _("The row has %(n)d cells, the header %(all)d: a comma or a quotation mark is missing or too many.")
        raise CellProblemError(field, reason % {"n": len(raw), "all": len(header)})
    cells = {name: cell.strip() for name, cell in zip(header, raw, strict=True)}
    for name, cell in cells.items():
        if len(cell) > LONGEST_CELL:
            raise CellProblemError(name, _("A cell has at most %(n)d characters.") % {"n": LONGEST_CELL})
        if any(unicodedata.category(sign) == "Cc" and sign not in "\t\r\n" for sign in cell):
            raise CellProblemError(name, _("The cell holds a control character, which is no text."))
    return cells
