"""A text as rows of cells: which sign separates them, quotation marks, and the line on which each row begins. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Literal

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import UnreadableFileError
from trainees.roster_file.addresses import at_count, stands_alone
from trainees.roster_file.headings import role_of
from trainees.roster_file.values import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_ROWS,
    ROWS_BESIDE,
    Row,
    empty,
    too_large,
    too_many_columns,
    too_many_rows,
)

SEPARATORS = ("\t", ";", ",", "|")
_SAMPLE_ROWS = 200


def checked(text: str) -> str:
    """The text with one kind of line breaks inside lines. Raises UnreadableFileError for what is no team's list."""
    if len(text) > MOST_BYTES:
        raise too_large()
    text = text.removeprefix("\ufeff").replace("\v", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    if not text.strip("\x00 \t\r\n\u200b"):
        raise empty()
    if text.count("\n") + text.count("\r") > 2 * MOST_LINES:
        raise too_many_rows()
    return text


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, with their numbers. Raises UnreadableFileError where there are too many, or one is too long."""
    filled = 0
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        line = line.strip("\r\n")
        if not line.strip():
            continue
        filled += 1
        if filled > MOST_ROWS + ROWS_BESIDE:
            raise too_many_rows()
        if len(line) > LONGEST_CELL:
            raise _too_long(number)
        yield number, line


def separator_of(text: str) -> str | None:
    """The sign that separates cells; None where the text is no table: one person a line, however written.

    It is the sign by which most addresses stand in cells of their own, else the one by which headings are recognised.
    """
    given = _declared(text)
    if given:
        return given
    sample = _sample(text)
    with_address = sum(at_count(line) > 0 for line in sample)
    best, alone, headed = None, 0, 0
    for separator in SEPARATORS:
        if not any(separator in line for line in sample):
            continue
        rows = _plain_rows(sample, separator)
        found, roles = sum(_alone(cells) for cells in rows), max(map(_roles, rows[:20]), default=0)
        if (roles >= 2, found, roles) > (headed >= 2, alone, headed):
            best, alone, headed = separator, found, roles
    return best if headed >= 2 or alone * 2 > with_address else None


def _declared(text: str) -> str | None:
    """Excel's own first line: "sep=;"."""
    match = re.match(r"\s{0,10}\"?sep=([,;|\t])\"?[ \t]{0,10}[\r\n]", text[:40], re.IGNORECASE)
    return match[1] if match else None


def _sample(text: str) -> list[str]:
    """The first filled lines; one that is cut by the sample's end is no loss."""
    cut = (line[:2000] for line in io.StringIO(text[:300_000], newline=None))
    return [line.rstrip("\n") for line in cut if line.strip()][:_SAMPLE_ROWS]


def _plain_rows(sample: list[str], separator: str) -> list[list[str]]:
    return list(csv.reader(sample, delimiter=separator))


def _alone(cells: list[str]) -> bool:
    """Whether one address stands in a cell of its own, beside others: "Silva, Ana <ana@…>" is one cell that holds a comma."""
    holding = [cell for cell in cells if at_count(cell)]
    return len(cells) > 1 and len(holding) == 1 and stands_alone(holding[0]) and "<" not in holding[0]


def _roles(cells: list[str]) -> int:
    """How many headings a row has; without one that is wholly a heading it is a sentence with commas."""
    found = {role_of(cell) for cell in cells[:MOST_COLUMNS] if cell.strip() and "@" not in cell}
    roles = {role for role, _whole in found} - {""}
    return len(roles) if any(role and whole for role, whole in found) else 0


def rows(text: str, separator: str) -> tuple[list[Row], list[str]]:
    """The rows that hold anything, and notes. Raises UnreadableFileError where there are too many, too wide, or too long."""
    skipped = 1 if _declared(text) else 0
    try:
        return _rows(text, separator, skipped, quoting=True), []
    except csv.Error:
        note = _("A quotation mark has no partner, so quotation marks were read as letters.")
        return _rows(text, separator, skipped, quoting=False), [note]


def _rows(text: str, separator: str, skipped: int, *, quoting: bool) -> list[Row]:
    quotes: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=quoting, quoting=quotes, skipinitialspace=separator != "\t"
    )
    found: list[Row] = []
    for line, cells in _records(reader, quoting=quoting):
        if line <= skipped or not any(cell and not cell.isspace() for cell in cells):
            continue
        if sum(bool(cell.strip()) for cell in cells) > MOST_COLUMNS:
            raise too_many_columns()
        if max(map(len, cells)) > LONGEST_CELL:
            raise _too_long(line)
        if quoting and any("\n" in cell and separator in cell and at_count(cell) for cell in cells):
            raise csv.Error  # rows swallowed between two stray quotation marks
        found.append(Row(line, tuple(cells) if quoting else tuple(map(_unquoted, cells))))
        if len(found) > MOST_ROWS + ROWS_BESIDE:
            raise too_many_rows()
    return found


def _records(reader: csv._reader, *, quoting: bool) -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]  # the type has no public name
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            if quoting and "field limit" not in str(problem):
                raise
            raise _too_long(begins) from problem
        if cells is None:
            return
        yield begins, cells


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _too_long(line: int) -> UnreadableFileError:
    reason = _(
        "Line %(line)d holds more than %(n)s characters in one cell: a quotation mark is missing, or it is no list of people."
    )
    return UnreadableFileError(reason % {"line": line, "n": f"{LONGEST_CELL:,}"})
