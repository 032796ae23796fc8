"""What comes out of a list of people, what travels between the readers on the way there, and the limits of both. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import UnreadableFileError

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 2_000
MOST_LINES = 100_000
"""Lines of a text, empty ones included."""
ROWS_BESIDE = 50
"""How many rows a reader takes beyond MOST_ROWS: titles, headers and totals are no people, so only checks.py can say what is too many."""
MOST_COLUMNS = 100
LONGEST_CELL = 20_000
LONGEST_NAME = 200
LONGEST_ADDRESS = 254

NAME, EMAIL, LOCATION = "name", "email", "location"
"""The fields of a Problem; "" is the row as a whole."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one cell, for a person who is no technician.

    Codes: name-missing, name-is-address, email-missing, not-an-address, misspelt (an address, with a domain that is hardly meant),
    two-addresses, twice, formula, too-long, control-character, invisible-character, cells-too-many.
    """

    line: int
    """The line of the file or paste on which the row begins, the first is 1; in a workbook the sheet's row number."""
    field: str
    code: str
    text: str
    suggestion: str = ""
    """What the cell should probably hold; "" where nothing is safe to say."""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person as listed: NFC, white space collapsed, without control and invisible characters; else as written."""

    line: int
    name: str
    email: str
    location: str
    remote: bool


@dataclass(frozen=True, slots=True)
class RosterRead:
    """All rows that hold anybody, in file order, those with problems too; problems by line and field; what was inferred, in sentences."""

    people: tuple[ListedPerson, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table as it stands there; `spread` has, by column, what reaches it from a merged cell; `formulas` what Excel never computed."""

    line: int
    cells: tuple[str, ...]
    spread: Mapping[int, str] = field(default_factory=dict)
    formulas: frozenset[int] = frozenset()

    def cell(self, column: int) -> str:
        return self.cells[column].strip() if column < len(self.cells) else ""

    def holds_anything(self) -> bool:
        return bool(self.formulas) or any(cell and not cell.isspace() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Draft:
    """A person before the checks: cells as written, the fields that hold formulas, problems of the row's shape."""

    line: int
    name: str
    email: str
    location: str = ""
    remote: bool = False
    formulas: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafts:
    """All people before the checks, and the notes so far."""

    people: tuple[Draft, ...]
    notes: tuple[str, ...]


def too_many_rows() -> UnreadableFileError:
    """The refusal of a list that is no team's any more."""
    return UnreadableFileError(_("The list has more than %(n)s rows. Keep only the people of one team.") % {"n": f"{MOST_ROWS:,}"})


def too_many_columns() -> UnreadableFileError:
    """The refusal of a table that is wider than any list of people."""
    return UnreadableFileError(
        _("The table has more than %(n)d columns. Keep only names, e-mail addresses and locations.") % {"n": MOST_COLUMNS}
    )


def too_large() -> UnreadableFileError:
    """The refusal of a file or paste above MOST_BYTES."""
    return UnreadableFileError(
        _("The list is larger than %(n)d MB. Keep only names, e-mail addresses and locations.") % {"n": MOST_BYTES // 1024 // 1024}
    )


def empty() -> UnreadableFileError:
    """The refusal of a list with nobody in it."""
    return UnreadableFileError(_("The list is empty: nobody stands in it."))


def lines_text(lines: list[int]) -> str:
    """Line numbers for a sentence: "3, 5, 8", at most ten."""
    named = ", ".join(str(line) for line in lines[:10])
    return _("%(lines)s and %(n)d more") % {"lines": named, "n": len(lines) - 10} if len(lines) > 10 else named


def cut(text: str, most: int = 60) -> str:
    """A cell for a sentence: on one line, shortened."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
