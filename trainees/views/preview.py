"""What a list would do to a roster: each row with its state and, at the cell, what is wrong. Nothing is saved by looking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from carpentries_portal.common.models import email_key
from trainees import request_queries
from trainees.actions import Named, as_known, findings_for, standing
from trainees.models import Place, RosterRequest
from trainees.policy import Change, Changes, Finding, changes_of
from trainees.roster_file import ListedPerson, RosterRead
from trainees.states import LineKind
from trainings.models import Booking
from trainings.timeline import StateWord

TAKEN_OUT = frozenset({"invisible-character", "control-character"})
MENDED = TAKEN_OUT | {"misspelt"}
"""What the reader says and has mended, or what may be right as it stands: worth a look, no obstacle."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the preview; `at_name` … are what is wrong at that cell."""

    line: int
    name: str
    email: str
    location: str
    state: StateWord
    at_name: tuple[Finding, ...] = ()
    at_email: tuple[Finding, ...] = ()
    at_location: tuple[Finding, ...] = ()
    at_row: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole list. `seen` is a digest: what is accepted is what was shown."""

    rows: tuple[Row, ...]
    leaving: tuple[Place, ...]
    notes: tuple[str, ...]
    blocking: int
    warnings: int
    can_fix: bool
    named: tuple[Named, ...]
    text: str
    seen: str
    changes: Changes
    asks: bool
    """Whether it can only be asked for (P7)."""
    seats: str
    """What a request would do to the seats."""

    @property
    def acceptable(self) -> bool:
        return not self.blocking and bool(self.named)

    @property
    def corrects(self) -> bool:
        """Whether nobody comes or leaves: names and places are put right."""
        return self.changes.only_corrections


def _named(one: ListedPerson) -> Named:
    return Named(line=one.line, name=one.name, email=one.email, location=one.location, remote=one.remote)


def text_of(people: Iterable[Named | Place]) -> str:
    """A list as lines of columns, as a spreadsheet would paste them."""
    lines = []
    for one in people:
        email = one.person.email if isinstance(one, Place) else one.email
        location = "remote" if one.remote and not one.location else one.location
        lines.append(
            "\t".join(cell.replace("\t", " ") for cell in ([one.name, email, location] if location else [one.name, email]))
        )
    return "\n".join(lines)


def preview_of(booking: Booking, read: RosterRead, places: Sequence[Place], *, closed: bool) -> Preview:
    """What the reader found, and what stands against it at this booking. `closed`: the roster's last day is over."""
    named = tuple(as_known([_named(one) for one in read.people]))
    findings = [Finding(p.line, p.field, p.code, p.text, p.suggestion, blocks=p.code not in MENDED) for p in read.problems]
    findings += findings_for(booking, named, places=places)
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        by_line.setdefault(finding.line, []).append(finding)
    changes = changes_of(standing(places), [one.wanted() for one in named])
    by_key = {one.after.key: one for one in changes.each if one.after is not None}
    leaving = {one.before.place for one in changes.each if one.before is not None and one.after is None}
    text = text_of(named)
    # without lines, and what was mended: the text that is sent back has neither the file's headings nor what was taken out
    said = "\n".join(f"{f.code} {f.field}" for f in findings if f.code not in TAKEN_OUT)
    before = sorted((place.person.email_key, place.name) for place in places)
    return Preview(
        rows=tuple(_row(one, by_key.get(email_key(one.email)), by_line.get(one.line, [])) for one in named),
        leaving=tuple(place for place in places if place.pk in leaving),
        notes=read.notes,
        blocking=sum(finding.blocks for finding in findings),
        warnings=sum(not finding.blocks for finding in findings),
        can_fix=any(finding.suggestion for finding in findings),
        named=named,
        text=text,
        seen=hashlib.sha256(f"{text}\n{said}\n{before}".encode()).hexdigest()[:16],
        changes=changes,
        asks=(closed and not changes.only_corrections) or bool(changes.of_applied),
        seats=request_queries.settled(booking, after=len(named)).sentence,
    )


def _row(one: Named, change: Change | None, findings: list[Finding]) -> Row:
    if any(finding.blocks for finding in findings):
        state = StateWord(_("to mend"), "bad")
    elif change is None:
        state = StateWord(_("stays"), "")
    elif change.readdressed:
        state = StateWord(_("another address"), "warn")
    elif change.before is None:
        state = StateWord(_("new"), "now")
    else:
        state = StateWord(_("changes"), "warn")
    at = {field: tuple(f for f in findings if f.field == field) for field in ("name", "email", "location", "")}
    return Row(
        line=one.line,
        name=one.name,
        email=one.email,
        location=one.location or (_("alone, from elsewhere") if one.remote else ""),
        state=state,
        at_name=at["name"],
        at_email=at["email"],
        at_location=at["location"],
        at_row=at[""],
    )


def text_of_request(record: RosterRequest, places: Sequence[Place]) -> str:
    """The list as a request would make it of the roster as it stands: what is taken back can be asked for again, mended."""
    lines = list(record.lines.all())
    told = {line.place_id: line for line in lines if line.place_id is not None}
    people = []
    for place in places:
        line = told.get(place.pk)
        if line is None:
            people.append(Named(0, place.name, place.person.email, place.location, place.remote))
        elif line.kind == LineKind.CHANGES:
            people.append(Named(0, line.name, line.email or place.person.email, line.location, line.remote))
    people += [Named(0, line.name, line.email, line.location, line.remote) for line in lines if line.kind == LineKind.COMES]
    return text_of(people)


def fixed(read: RosterRead) -> str:
    """The list with each safe suggestion in its place, as text to look at again. A line of several people is left as it is."""
    people = [_named(one) for one in read.people]
    for problem in read.problems:
        there = [number for number, one in enumerate(people) if one.line == problem.line]
        if len(there) != 1 or not problem.suggestion:
            continue
        one = people[there[0]]
        if problem.field == "email":
            people[there[0]] = replace(one, email=problem.suggestion)
        elif problem.field == "name":
            people[there[0]] = replace(one, name=problem.suggestion)
    return text_of(people)
