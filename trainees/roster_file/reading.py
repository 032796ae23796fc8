"""A list of people from a text or a file: a table, or lines as people write them; then checked row by row (R16). Pure."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from trainees.roster_file import checks, delimited, lines, table
from trainees.roster_file.content import ZIP, refuse_what_is_no_list, text_of
from trainees.roster_file.values import Drafts, RosterRead
from trainees.roster_file.workbook import rows_of_workbook


def read_text(text: str) -> RosterRead:
    """The people of a typed or pasted list. Raises UnreadableFileError where the whole is none."""
    return checks.checked(_drafts(text))


def read_file(content: bytes, *, filename: str = "") -> RosterRead:
    """The people of an uploaded CSV file or Excel workbook, told apart by content. Raises UnreadableFileError where the whole is none.

    `filename` is not believed; where it says otherwise than the content, a note says so.
    """
    refuse_what_is_no_list(content)
    if content.startswith(ZIP):
        rows, notes = rows_of_workbook(content)
        drafts = table.drafts_of(rows)
        expected = (".xlsx", ".xlsm", ".xltx", ".xltm")
    else:
        text, note = text_of(content)
        drafts, notes = _drafts(text), [note] if note else []
        expected = (".csv", ".txt", ".tsv", ".tab")
    if filename and not filename.lower().endswith(expected):
        kind = _("an Excel workbook") if content.startswith(ZIP) else _("text")
        notes.append(_("By its content the file is %(kind)s, whatever its name says.") % {"kind": kind})
    return checks.checked(replace(drafts, notes=(*notes, *drafts.notes)))


def _drafts(text: str) -> Drafts:
    text = delimited.checked(text)
    separator = delimited.separator_of(text)
    if separator is None:
        return lines.drafts_of(delimited.lines(text))
    rows, notes = delimited.rows(text, separator)
    drafts = table.drafts_of(rows, separator=separator)
    return replace(drafts, notes=(*notes, *drafts.notes))
