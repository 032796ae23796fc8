"""The report's file as a table: its encoding, the sign between its cells, the header of the participants, the summary above it. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.tablefile import UnreadableFileError

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
HEADER_WITHIN = 100
"""Rows in which the header is looked for: a meeting's summary above it has two or three."""

SIGNS = (",", ";", "\t")
REQUIRED = ("name", "join", "leave")
FIELDS = (*REQUIRED, "email", "duration", "waiting")
STEMS = (
    ("email", ("メール", "emailadresse")),
    ("waiting", ("warteraum", "待機室", "待合室")),
    ("name", ("teilnehmer", "名前", "氏名", "参加者")),
    ("join", ("beitritt", "beigetreten", "参加", "入室", "入った")),
    ("leave", ("verlass", "austritt", "ausgetreten", "退出", "退室", "離脱")),
    ("duration", ("dauer", "期間", "所要", "時間 分")),
)
"""How German and Japanese exports name the fields: the words begin so, or hold this, as they come in many forms. The first that fits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the participants: its first and last line in the file (from 1), its cells by field, all of them as they stand."""

    line: int
    last_line: int
    cells: dict[str, str]
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The participants, and what the meeting is called. `labels` has each field as the file names it; `width` is the header's."""

    rows: tuple[Row, ...]
    labels: dict[str, str]
    width: int
    topic: str
    meeting_id: str


def read_table(content: bytes) -> Table:
    """The participants of a report. Raises UnreadableFileError where nothing of it can be used."""
    text = _text(content)
    sign, at = _header(text)
    rows = _rows(text, sign)
    above = [cells for _line, _last, cells in (next(rows) for _n in range(at))]
    _line, _last, header = next(rows)
    columns = _columns(header)
    known = [Row(line, last, _cells(cells, columns), tuple(cells)) for line, last, cells in _few(rows) if cells != header]
    return Table(
        rows=tuple(known),
        labels={field: header[index].strip() for field, index in columns.items()},
        width=len(header),
        topic=_said("topic", above, header, known),
        meeting_id=_said("meeting id", above, header, known),
    )


def clean(text: str) -> str:
    """Text as it is shown: control characters are no text, white space of any kind is one space."""
    return " ".join("".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text).split())


def _text(content: bytes) -> str:
    """UTF-8 with or without its mark, or UTF-16. Raises UnreadableFileError."""
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(_("The file is larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
    if content.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFileError(_("This is a PDF or a spreadsheet, not a CSV file. Export the report as CSV."))
    coding = _coding(content)
    try:
        text = content.decode(coding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise UnreadableFileError(_("Line %(line)d is no text. Export the report as CSV (UTF-8).") % {"line": line}) from problem
    if (at := text.find("\x00")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise UnreadableFileError(_("Line %(line)d is no text. Export the report as CSV (UTF-8).") % {"line": line})
    if not text.removeprefix("\ufeff").strip():
        raise UnreadableFileError(_("The file is empty."))
    return text.removeprefix("\ufeff")


def _coding(content: bytes) -> str:
    """UTF-16 is told by its mark; without one by the zero byte in each of its first two signs, which are letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = [byte == 0 for byte in content[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else "utf-8-sig"


def _rows(text: str, sign: str) -> Iterator[tuple[int, int, list[str]]]:
    """Rows that are not empty, each with its first and last line. An open quotation mark makes one row of several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise UnreadableFileError(_("Line %(line)d is no CSV: %(why)s.") % {"line": begins, "why": problem}) from problem
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, reader.line_num, cells


def _few(rows: Iterator[tuple[int, int, list[str]]]) -> Iterator[tuple[int, int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise UnreadableFileError(_("The report has more than %(n)d rows.") % {"n": MOST_ROWS})
        yield row


def _header(text: str) -> tuple[str, int]:
    """The sign between cells, and the rows that stand above the header: the first row that names what is required."""
    totals = False
    for sign in SIGNS:
        for number, (_line, _last, cells) in zip(range(HEADER_WITHIN), _rows(text, sign), strict=False):
            columns = _columns(cells)
            if all(field in columns for field in REQUIRED):
                return sign, number
            totals = totals or ("name" in columns and "duration" in columns and "meeting id" not in map(_words, cells))
    if totals:
        raise UnreadableFileError(
            _("The report has only how long each person was there, not from when to when. Export it without “Show unique users”.")
        )
    raise UnreadableFileError(
        _("The report has no header with a name, a join time and a leave time. Headers are read in English, German and Japanese.")
    )


def _words(cell: str) -> str:
    """A header's words, whatever stands between them: "E-Mail" -> "e mail"."""
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", cell).casefold()))


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Where each field stands. What comes before the name belongs to the meeting and its host, if the row has both."""
    named = [(_rank_of_name(_words(cell)), index) for index, cell in enumerate(header) if _field(_words(cell)) == "name"]
    if not named:
        return {}
    name = min(named)[1]
    columns = {"name": name}
    for index in [*range(name + 1, len(header)), *range(name)]:
        field = _field(_words(header[index]))
        if field is not None:
            columns.setdefault(field, index)
    return columns


def _rank_of_name(words: str) -> int:
    """Zoom's own "Name (Original Name)" first; a "User Name" may be the host's."""
    if {"original", "originalname"} & set(words.split()) or "元の名前" in words:
        return 0
    return 1 if words.split()[0] in {"name", "名前", "氏名"} else 2


def _field(words: str) -> str | None:
    """Which field a header's words name, if any."""
    split = set(words.split())
    if split & {"email", "emails", "mail"}:
        return "email"
    for field, known in (("join", {"join", "joined"}), ("leave", {"leave", "left"}), ("duration", {"duration"})):
        if split & known:
            return field
    if {"waiting", "room"} <= split:
        return "waiting"
    if split & {"name", "participant"}:
        return "name"
    return next((field for field, stems in STEMS if any(stem in words for stem in stems)), None)


def _cells(cells: Sequence[str], columns: dict[str, int]) -> dict[str, str]:
    """Each field's cell; a row that is too short has empty ones."""
    return {field: clean(cells[index]) if index < len(cells) else "" for field, index in columns.items()}


def _said(label: str, above: Sequence[Sequence[str]], header: Sequence[str], rows: Sequence[Row]) -> str:
    """What the summary says: below its label, or beside it; or in the label's column of the participants themselves."""
    for number, cells in enumerate(above):
        words = [_words(cell) for cell in cells]
        if label in words:
            index = words.index(label)
            below = above[number + 1] if number + 1 < len(above) else ()
            beside_labels = {_words(cell) for cell in below} & {"topic", "meeting id", "start time", "end time"}
            value = cells[index + 1 : index + 2] if beside_labels or not below else below[index : index + 1]
            return clean(value[0]) if value else ""
    words = [_words(cell) for cell in header]
    if label in words and rows:
        return clean((*rows[0].raw, *[""] * len(words))[words.index(label)])
    return ""
