"""Reading lists of member organizations that have no dates of a membership: a name and a level on each row. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import CellProblemError, Note, Refusal, read_rows, text_of

COLUMNS = ("name_as_written", "level")


@dataclass(frozen=True, slots=True)
class ListedRow:
    """An organization as a list of members writes it. Its level has no dates, so that no membership follows from it."""

    line: int
    name: str
    notes: tuple[Note, ...]


def is_listed(content: bytes) -> bool:
    """Whether a file is such a list, by its header. Raises UnreadableFileError where it is no text."""
    header = next(csv.reader(io.StringIO(text_of(content), newline="")), [])
    return set(COLUMNS) <= {cell.strip() for cell in header}


def read_listed(content: bytes) -> tuple[list[ListedRow], list[Refusal]]:
    """Every row of the file: taken or refused. Raises UnreadableFileError where the file as a whole is none."""

    def read(line: int, cells: Mapping[str, str]) -> ListedRow:
        name, notes = " ".join(cells["name_as_written"].split()), []
        if name.endswith("*"):
            name = name.rstrip("* ")
            notes.append(Note("footnote-star", "name_as_written", _("A footnote’s star behind the name was left out.")))
        if not name:
            raise CellProblemError("name_as_written", _("Each row names an organization."))
        if len(name) > 200:
            raise CellProblemError("name_as_written", _("A name has at most 200 characters."))
        return ListedRow(line=line, name=name, notes=tuple(notes))

    return read_rows(content, columns=COLUMNS, read=read)
