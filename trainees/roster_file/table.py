"""The rows of a table as people: cells of the columns found, what merged cells reach, rows that are nobody's left out and said. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from trainees.roster_file import lines, names
from trainees.roster_file.addresses import COMMON_ENDS, at_count, stands_alone
from trainees.roster_file.attendance import location_says_remote, says_remote
from trainees.roster_file.characters import tidy
from trainees.roster_file.columns import Columns, find_columns
from trainees.roster_file.table_notes import Reader, columns_note
from trainees.roster_file.values import EMAIL, LOCATION, NAME, Draft, Drafts, Problem, Row, cut, empty


def drafts_of(rows: Sequence[Row], *, separator: str = "") -> Drafts:
    """Everyone in a table, in order. `separator` is "" for a workbook, whose rows cannot have cells too many. Raises UnreadableFileError."""
    if not rows:
        raise empty()
    columns = find_columns(rows)
    if columns.header < 0 and _is_a_list_of_lines(rows, columns):
        return _as_lines(rows)
    if separator == ",":
        rows = [_with_domain_joined(row, columns) for row in rows]
    reader = Reader(columns)
    width = len(rows[columns.header].cells) if columns.header >= 0 and separator else 0
    people = _with_plain_names(tuple(_people(rows, columns, reader, width)), reader)
    if not people and any(at_count(cell) for row in rows for cell in row.cells):
        return _as_lines(rows)  # what looked like headings was a sentence
    return Drafts(people, (*columns_note(columns, rows, width or columns.width), *reader.notes()))


def _as_lines(rows: Sequence[Row]) -> Drafts:
    return lines.drafts_of((row.line, "\t".join(cell.strip() for cell in row.cells if cell.strip())) for row in rows)


def _is_a_list_of_lines(rows: Sequence[Row], columns: Columns) -> bool:
    """Whether cells hold names and addresses together, as "Ana Silva <ana@…>", or the sheet has one column only."""
    if max(sum(bool(cell.strip()) for cell in row.cells) for row in rows) == 1:
        return len({at for row in rows for at, cell in enumerate(row.cells) if cell.strip()}) == 1
    with_address = [row for row in rows if any(map(at_count, row.cells))]
    alone = sum(any(map(stands_alone, row.cells)) for row in with_address)
    return bool(with_address) and alone * 2 < len(with_address) and columns.email is None


def _people(rows: Sequence[Row], columns: Columns, reader: Reader, width: int) -> Iterator[Draft]:
    """Everyone below the headings; `width` is how many cells a row may have, 0 where that is no matter."""
    for row in rows[: max(columns.header, 0)]:
        reader.above.append(row.line)
    header = rows[columns.header] if columns.header >= 0 else None
    for row in rows[columns.header + 1 :]:
        if header is not None and _same_cells(row, header):
            reader.repeated.append(row.line)
            continue
        if _is_a_rule(row):
            reader.nobody.append(row.line)
            continue
        draft = _draft(row, columns, reader)
        first = next((cell for cell in row.cells if cell.strip()), "")
        if not (draft.name or draft.email or draft.formulas or (draft.location and row.cell(columns.locations[0]))):
            reader.nobody.append(row.line)
        elif not at_count(draft.email) and EMAIL not in draft.formulas and lines.is_total(first):
            reader.totals.append(row.line)
        else:
            yield _with_shape(draft, row, width)


def _same_cells(row: Row, header: Row) -> bool:
    return [cell.strip() for cell in row.cells if cell.strip()] == [cell.strip() for cell in header.cells if cell.strip()]


def _is_a_rule(row: Row) -> bool:
    """The line below the headings of a table in Markdown: "|---|:--|"."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    return bool(filled) and not row.formulas and all(len(cell) > 2 and not cell.strip("-=_:+") for cell in filled)


def _with_domain_joined(row: Row, columns: Columns) -> Row:
    """In a file of commas "ana@example,org" falls into two cells: joined again, so that the checks can say what is meant."""
    at = columns.email
    if at is None or at + 1 >= len(row.cells):
        return row
    email, end = row.cell(at), row.cell(at + 1)
    if at_count(email) != 1 or "." in email.rpartition("@")[2] or end.lower() not in COMMON_ENDS:
        return row
    return Row(row.line, (*row.cells[:at], f"{email},{end}", *row.cells[at + 2 :]))


def _with_shape(draft: Draft, row: Row, width: int) -> Draft:
    beyond = [cell for cell in row.cells[width:] if cell.strip()] if width else []
    if not beyond:
        return draft
    text = _(
        "The row has more cells than there are headings (“%(cell)s” is left over). A comma or other separator is too many, or a cell needs quotation marks."
    )
    problem = Problem(draft.line, "", "cells-too-many", text % {"cell": cut(tidy(beyond[0]).text)})
    return replace(draft, problems=(problem,))


def _draft(row: Row, columns: Columns, reader: Reader) -> Draft:
    name, email = _name(row, columns, reader), row.cell(columns.email) if columns.email is not None else ""
    if not email and at_count(name) == 1 and not stands_alone(name):
        box = lines.mailbox(name)
        name, email = box.name, box.email
    elif not name and email and not stands_alone(email) and at_count(email) == 1:
        box = lines.mailbox(email)
        name, email = box.name, box.email
    if columns.header < 0 and columns.email is not None:
        others = (cell.strip() for at, cell in enumerate(row.cells) if at not in {columns.email, columns.name} and at_count(cell))
        email = ", ".join(filter(None, (email, *others)))
    location = _location(row, columns)
    remote = location_says_remote(location) or _says_remote(row, columns, reader)
    return Draft(row.line, name, email, location, remote, _formulas(row, columns))


def _name(row: Row, columns: Columns, reader: Reader) -> str:
    if columns.name is not None and (whole := row.cell(columns.name)):
        return whole
    parts = [row.cell(column) for column in columns.parts]
    if len(parts) > 1:
        joined = names.joined(" ".join(filter(None, parts[:-1])), parts[-1])
        reader.joined = reader.joined or (joined if all(parts) else "")
        return joined
    return parts[0] if parts else ""


def _location(row: Row, columns: Columns) -> str:
    cells = [row.cell(column) or row.spread.get(column, "").strip() for column in columns.locations]
    return ", ".join(dict.fromkeys(filter(None, (cell.rstrip(";,| ") for cell in cells))))


def _says_remote(row: Row, columns: Columns, reader: Reader) -> bool:
    if columns.remote is None:
        return False
    cell = row.cell(columns.remote) or row.spread.get(columns.remote, "")
    said = says_remote(cell, onsite=columns.onsite)
    if said is None:
        reader.unclear.append((row.line, cut(tidy(cell).text, 30)))
    return bool(said)


def _formulas(row: Row, columns: Columns) -> frozenset[str]:
    if not row.formulas:
        return frozenset()
    named = {columns.name, *columns.parts} & row.formulas
    fields = ((NAME, bool(named)), (EMAIL, columns.email in row.formulas), (LOCATION, bool(row.formulas & {*columns.locations})))
    return frozenset(field for field, holds in fields if holds)


def _with_plain_names(people: tuple[Draft, ...], reader: Reader) -> tuple[Draft, ...]:
    """Numbers before names, and "Last, First", are taken for a habit of the list only where most rows have them."""
    filled = [draft for draft in people if draft.name]
    numbered = sum(names.is_numbered(draft.name) for draft in filled) * 10 >= len(filled) * 8
    turned = sum(names.is_turned(draft.name) for draft in filled) * 2 > len(filled)
    if not filled or not (numbered or turned):
        return people
    changed = []
    for draft in people:
        name = names.without_number(draft.name) if numbered else draft.name
        if turned and names.is_turned(name):
            name = names.in_reading_order(name)
            reader.turned.append(draft.line)
        changed.append(replace(draft, name=name))
    return tuple(changed)
