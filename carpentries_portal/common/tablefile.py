"""Reading a CSV file of known columns: rows with their line numbers, or one clear problem. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

MOST_BYTES = 20 * 1024 * 1024
LONGEST_CELL = 20_000


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read: what it is instead, and where it broke."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was inferred or set, so that it can be found: a code, the field, the sentence."""

    code: str
    field: str
    text: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "field": self.field, "text": self.text}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: its line in the file (the header is line 1), the field, the reason."""

    line: int
    field: str
    reason: str


class CellProblemError(ValueError):
    """A cell that does not hold: its field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def text_of(content: bytes) -> str:
    """The file as text. Raises UnreadableFileError where it is no UTF-8 text."""
    if not content.strip():
        raise UnreadableFileError(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(_("The file is larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
    if content.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFileError(_("This is a PDF or a spreadsheet, not a CSV file. Save it as CSV (UTF-8)."))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        raise UnreadableFileError(_("The file is not UTF-8 text (UTF-16, or with NUL bytes). Save it as CSV (UTF-8)."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise UnreadableFileError(_("Line %(line)d is not UTF-8 text. Save the file as CSV (UTF-8).") % {"line": line}) from problem


def rows_of(content: bytes, *, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as (line, cells by column). Columns that are not asked for are passed over. Raises UnreadableFileError."""
    reader = csv.reader(io.StringIO(text_of(content)), strict=True)
    header = _header(reader, columns)
    for cells in _cells(reader):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            reason = _("Line %(line)d has %(n)d cells; the header has %(all)d.")
            raise UnreadableFileError(reason % {"line": reader.line_num, "n": len(cells), "all": len(header)})
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise UnreadableFileError(_("Line %(line)d has a cell that is too long.") % {"line": reader.line_num})
        yield reader.line_num, row


def _cells(reader: csv._reader) -> Iterator[list[str]]:  # type: ignore[name-defined]  # the type has no public name
    try:
        yield from reader
    except csv.Error as problem:
        raise UnreadableFileError(_("Line %(line)d is no CSV: %(why)s.") % {"line": reader.line_num, "why": problem}) from problem


def _header(reader: csv._reader, columns: Sequence[str]) -> list[str]:  # type: ignore[name-defined]  # as above
    header = [name.strip() for name in next(_cells(reader), [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise UnreadableFileError(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise UnreadableFileError(_("These columns stand twice: %(names)s.") % {"names": ", ".join(doubled)})
    return header
