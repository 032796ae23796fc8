"""Reading the member agreements' file: each row taken, with notes, or refused; long terms cut at their anniversaries. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import add_months, day_text, is_zone
from carpentries_portal.common.tablefile import CellProblemError, Note, Refusal, UnreadableFileError, day_in, read_rows

COLUMNS = (
    "organisation",
    "agreement_start",
    "agreement_end",
    "term_days",
    "level_on_members_page_2018",
    "name_on_members_page",
)
LONGEST_YEAR = 400
LEVELS = frozenset({"bronze", "silver", "gold", "platinum"})


@dataclass(frozen=True, slots=True)
class Term:
    """One membership year of an agreement, both ends included."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """An agreement: an organization, its level, and the membership years that its term holds."""

    line: int
    organization: str
    other_name: str
    level: str
    terms: tuple[Term, ...]
    source_key: str
    notes: tuple[Note, ...]


def read_agreements(content: bytes) -> tuple[list[AgreementRow], list[Refusal]]:
    """Every row of the file: taken or refused. Raises UnreadableFileError where the file as a whole is none."""
    so_far: list[AgreementRow] = []

    def read(line: int, cells: Mapping[str, str]) -> AgreementRow:
        row = _row(line, cells)
        same = next((other for other in so_far if other.source_key == row.source_key), None)
        if same is not None:
            raise CellProblemError("organisation", _("The same agreement stands on line %(line)d.") % {"line": same.line})
        so_far.append(_with_overlaps(row, so_far))
        return so_far[-1]

    return read_rows(content, columns=COLUMNS, read=read)


def read_zones(content: bytes) -> dict[str, str]:
    """The zones of organizations by name (columns organisation, zone). Raises UnreadableFileError, also for one wrong row."""

    def read(line: int, cells: Mapping[str, str]) -> tuple[str, str]:
        if not is_zone(cells["zone"]):
            raise CellProblemError("zone", _("“%(zone)s” is not a time zone.") % {"zone": cells["zone"][:60]})
        return cells["organisation"], cells["zone"]

    zones, refused = read_rows(content, columns=("organisation", "zone"), read=read)
    for refusal in refused:
        where = _("Line %(line)d, %(field)s: %(reason)s")
        raise UnreadableFileError(where % {"line": refusal.line, "field": refusal.field, "reason": refusal.reason})
    return dict(zones)


def _row(line: int, cells: Mapping[str, str]) -> AgreementRow:
    notes: list[Note] = []
    name = _name(cells["organisation"], "organisation", notes)
    if not name:
        raise CellProblemError("organisation", _("An agreement names an organization."))
    if len(name) > 200:
        raise CellProblemError("organisation", _("A name has at most 200 characters."))
    other = _name(cells["name_on_members_page"], "name_on_members_page", notes)[:200]
    level = cells["level_on_members_page_2018"].lower()
    if not level:
        raise CellProblemError("level_on_members_page_2018", _("No level is stated: its seats cannot be known."))
    if level not in LEVELS:
        raise CellProblemError("level_on_members_page_2018", _("“%(level)s” is not a level.") % {"level": level[:40]})
    starts_on, ends_on = day_in(cells, "agreement_start"), day_in(cells, "agreement_end")
    if ends_on < starts_on:
        raise CellProblemError("agreement_end", _("It ends before it starts."))
    _say_days(cells, starts_on, ends_on, notes)
    terms = cut_at_anniversaries(starts_on, ends_on)
    if len(terms) > 1:
        text = _("A term of %(days)d days: cut at its anniversaries into %(n)d memberships.")
        notes.append(Note("term-cut", "agreement_end", text % {"days": (ends_on - starts_on).days, "n": len(terms)}))
    return AgreementRow(
        line=line,
        organization=name,
        other_name=other if other != name else "",
        level=level,
        terms=terms,
        source_key=f"agreement:{name[:120]}|{starts_on.isoformat()}|{ends_on.isoformat()}",
        notes=tuple(notes),
    )


def _name(given: str, field: str, notes: list[Note]) -> str:
    name = " ".join(given.split())
    if name.endswith("*"):
        name = name.rstrip("* ")
        notes.append(Note("footnote-star", field, _("A footnote's star behind the name was left out.")))
    return name


def _say_days(cells: Mapping[str, str], starts_on: date, ends_on: date, notes: list[Note]) -> None:
    days = (ends_on - starts_on).days
    stated = cells["term_days"]
    if stated and stated != str(days):
        text = _("The file states %(stated)s days; from start to end there are %(days)d.")
        notes.append(Note("term-differs", "term_days", text % {"stated": stated[:20], "days": days}))
    years = ends_on.year - starts_on.year
    if years > 0 and add_months(starts_on, 12 * years) == ends_on:
        text = _("The end %(day)s is the anniversary of the start: kept as the contract writes it.") % {"day": day_text(ends_on)}
        notes.append(Note("ends-on-anniversary", "agreement_end", text))
    elif days + 1 < 360:
        notes.append(Note("short-term", "agreement_end", _("A term of %(days)d days, shorter than a year.") % {"days": days + 1}))


def cut_at_anniversaries(starts_on: date, ends_on: date) -> tuple[Term, ...]:
    """A term of over 400 days as membership years. A rest of a few days (an end on the anniversary) stays with the last year."""
    terms: list[Term] = []
    start = starts_on
    year = 1
    while (ends_on - start).days > LONGEST_YEAR:
        anniversary = add_months(starts_on, 12 * year)
        terms.append(Term(start, anniversary - timedelta(days=1)))
        start, year = anniversary, year + 1
    return (*terms, Term(start, ends_on))


def _with_overlaps(row: AgreementRow, others: list[AgreementRow]) -> AgreementRow:
    """Overlapping terms of one organization are real; they are said."""
    for other in others:
        if other.organization.casefold() != row.organization.casefold():
            continue
        if other.terms[0].starts_on <= row.terms[-1].ends_on and row.terms[0].starts_on <= other.terms[-1].ends_on:
            note = Note("overlaps", "agreement_start", _("Overlaps the agreement on line %(line)d.") % {"line": other.line})
            return AgreementRow(
                row.line, row.organization, row.other_name, row.level, row.terms, row.source_key, (*row.notes, note)
            )
    return row
