"""What was inferred while a table was read, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from trainees.roster_file.characters import tidy
from trainees.roster_file.columns import Columns
from trainees.roster_file.values import Row, cut, lines_text


@dataclass(slots=True)
class Reader:
    """The rows that were left out or changed, by reason."""

    columns: Columns
    above: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    nobody: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    turned: list[int] = field(default_factory=list)
    joined: str = ""
    unclear: list[tuple[int, str]] = field(default_factory=list)

    def notes(self) -> list[str]:
        """One sentence for each reason that occurred."""
        sentences = (
            (self.above, _("Left out, because it stands above the headings: line %(lines)s.")),
            (self.repeated, _("Left out, because it repeats the headings: line %(lines)s.")),
            (self.totals, _("Left out, because it counts people: line %(lines)s.")),
            (self.nobody, _("Left out, because it has no name, address or location: line %(lines)s.")),
            (self.turned, _("Written “Last, First”, and turned round: line %(lines)s.")),
        )
        notes = [text % {"lines": lines_text(found)} for found, text in sentences if found]
        if self.joined:
            text = _("Names stand in more than one column and were joined, such as “%(name)s”.")
            notes.insert(0, text % {"name": cut(tidy(self.joined).text)})
        if self.unclear:
            text = _("Taken as not remote, because “%(cell)s” says neither: line %(lines)s.")
            lines = [line for line, _cell in self.unclear]
            notes.append(text % {"cell": self.unclear[0][1], "lines": lines_text(lines)})
        return notes


def columns_note(columns: Columns, rows: Sequence[Row], width: int) -> list[str]:
    """Which columns were read as what, and which of the first `width` were not read."""
    notes = (
        [] if columns.header >= 0 else [_("No line with headings was found: the columns were told apart by what stands in them.")]
    )
    name = [columns.name] if columns.name is not None else []
    fields = (
        (_("name"), name or [*columns.parts], " + "),
        (_("e-mail"), [columns.email] if columns.email is not None else [], ""),
        (_("location"), [*columns.locations], " + "),
        (_("in person") if columns.onsite else _("remote"), [columns.remote] if columns.remote is not None else [], ""),
    )
    read = [
        _("%(field)s from %(columns)s") % {"field": field, "columns": sign.join(_label(columns, at) for at in found)}
        for field, found, sign in fields
        if found
    ]
    notes.append(_("Columns read: %(columns)s.") % {"columns": "; ".join(read) or _("none")})
    if columns.email is None:
        notes.append(_("No column with e-mail addresses was found."))
    used = columns.used() | ({*columns.parts} if name else set())
    unread = [at for at in range(width) if at not in used and any(row.cell(at) for row in rows[columns.header + 1 :])]
    if unread:
        notes.append(_("Columns not read: %(columns)s.") % {"columns": ", ".join(_label(columns, at) for at in unread)})
    return notes


def _label(columns: Columns, at: int) -> str:
    heading = tidy(columns.headings[at]).text if at < len(columns.headings) else ""
    return f"“{cut(heading, 40)}”" if heading else _("column %(n)d") % {"n": at + 1}
