"""A list, and all that is to be read of it."""

from __future__ import annotations

from dataclasses import dataclass

from trainees.roster_file import RosterRead

Person = tuple[int, str, str, str, bool]
Wrong = tuple[int, str, str, str]

ANA: Person = (2, "Ana Silva", "ana@example.org", "", False)
BO: Person = (3, "Bo Li", "bo@example.org", "", False)


@dataclass(frozen=True)
class Case:
    """People as (line, name, e-mail, location, remote); problems as (line, field, code, suggestion); all notes, unless None."""

    id: str
    source: str | bytes
    people: tuple[Person, ...] = (ANA, BO)
    problems: tuple[Wrong, ...] = ()
    notes: tuple[str, ...] | None = None


def people_of(read: RosterRead) -> tuple[Person, ...]:
    return tuple((person.line, person.name, person.email, person.location, person.remote) for person in read.people)


def problems_of(read: RosterRead) -> tuple[Wrong, ...]:
    return tuple((problem.line, problem.field, problem.code, problem.suggestion) for problem in read.problems)
