"""What a list would do to a roster: each row with its state and, at the cell, what is wrong. Nothing is saved by looking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from carpentries_portal.common.models import email_key
from trainees.actions import Named, findings_for
from trainees.models import Place
from trainees.policy import Finding
from trainees.roster_file import ListedPerson, RosterRead
from trainings.models import Booking
from trainings.timeline import StateWord

MENDED = frozenset({"misspelt", "invisible-character", "control-character"})
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

    @property
    def acceptable(self) -> bool:
        return not self.blocking and bool(self.named)


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


def preview_of(booking: Booking, read: RosterRead, places: Sequence[Place]) -> Preview:
    """What the reader found, and what stands against it at this booking."""
    named = tuple(_named(one) for one in read.people)
    findings = [Finding(p.line, p.field, p.code, p.text, p.suggestion, blocks=p.code not in MENDED) for p in read.problems]
    findings += findings_for(booking, named)
    before = {place.person.email_key: place for place in places}
    listed = {email_key(one.email) for one in named if one.email}
    rows = tuple(_row(one, before, [finding for finding in findings if finding.line == one.line]) for one in named)
    text = text_of(named)
    said = "\n".join(f"{f.line} {f.code} {f.field}" for f in findings)
    return Preview(
        rows=rows,
        leaving=tuple(place for key, place in before.items() if key not in listed),
        notes=read.notes,
        blocking=sum(finding.blocks for finding in findings),
        warnings=sum(not finding.blocks for finding in findings),
        can_fix=any(finding.suggestion for finding in findings),
        named=named,
        text=text,
        seen=hashlib.sha256(f"{text}\n{said}\n{sorted(before)}".encode()).hexdigest()[:16],
    )


def _row(one: Named, before: dict[str, Place], findings: list[Finding]) -> Row:
    place = before.get(email_key(one.email)) if one.email else None
    if any(finding.blocks for finding in findings):
        state = StateWord(_("to mend"), "bad")
    elif place is None:
        state = StateWord(_("new"), "now")
    elif (place.name, place.location, place.remote) == (one.name, one.location, one.remote):
        state = StateWord(_("stays"), "")
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
