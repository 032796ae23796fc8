"""Taking over the agreements of before the portal: organizations, and a membership for each year of a term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.tablefile import Note, Refusal
from memberships.actions import add_alias, add_organization, ask_name, take_over_membership
from memberships.agreements_file import AgreementRow, read_agreements
from memberships.listed_file import ListedRow, read_listed
from memberships.models import Membership, Organization
from memberships.queries import find_organization, near_organization

Row = TypeVar("Row")


class UnableToTell(UnableTo):
    """The organization may be one that is known under a near name: staff are asked."""


@dataclass(slots=True)
class Imported(Generic[Row]):
    """What an import did. `zone_notes` says of which organization the zone is not known."""

    taken: list[Row] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    zone_notes: dict[int, Note] = field(default_factory=dict)


def import_agreements(content: bytes, *, zones: Mapping[str, str], by: Person | None, now: datetime) -> Imported[AgreementRow]:
    """Store every agreement that is not here yet, each in one transaction. Raises UnreadableFileError; then nothing is stored."""
    rows, refused = read_agreements(content)
    known = set(Membership.objects.filter(source_key__isnull=False).values_list("source_key", flat=True))
    result: Imported[AgreementRow] = Imported(refused=refused)
    for row in rows:
        if f"{row.source_key}#1" in known:
            result.unchanged.append(row)
            continue
        try:
            with transaction.atomic():
                _take_over(row, zones=zones, by=by, now=now, result=result)
        except UnableToTell as problem:
            near = near_organization(row.organization)
            if near is not None:
                ask_name(name=row.organization, near=near, source=_("the agreements of 2018"), now=now)
            result.refused.append(Refusal(line=row.line, field="organisation", reason=str(problem)))
        except UnableTo as problem:
            result.zone_notes.pop(row.line, None)
            result.refused.append(Refusal(line=row.line, field="level_on_members_page_2018", reason=str(problem)))
        else:
            result.taken.append(row)
    result.refused.sort(key=lambda refusal: refusal.line)
    return result


def _organization(
    row: AgreementRow, *, zones: Mapping[str, str], by: Person | None, now: datetime, result: Imported[AgreementRow]
) -> Organization:
    known = find_organization(row.organization) or (find_organization(row.other_name) if row.other_name else None)
    if known is not None:
        _other_names(known, row.organization, row.other_name, by=by, now=now)
        return known
    if (near := near_organization(row.organization)) is not None:
        raise UnableToTell(_waits(row.organization, near))
    zone = zones.get(row.organization)
    text = (
        _("The file states no zone: inferred from the place of its main campus.")
        if zone
        else _("The file states no zone: set to UTC.")
    )
    if zone is None:
        result.zone_notes[row.line] = Note("zone-unknown", "organisation", text)
    made = add_organization(name=row.organization, other_name=row.other_name, zone=zone or "UTC", zone_note=text, by=by, now=now)
    _other_names(made, row.other_name, by=by, now=now)
    return made


def _other_names(organization: Organization, *names: str, by: Person | None, now: datetime) -> None:
    """A file that gives two names for one organization says that they are one; a name that is known already stays whose it is."""
    for name in names:
        if name and find_organization(name) is None:
            add_alias(organization=organization, name=name, by=by, now=now, why=_("The agreements of 2018 name both."))


def _waits(name: str, near: Organization) -> str:
    text = _("“%(name)s” may be %(organization)s: staff are asked. Import again when they have answered.")
    return text % {"name": name, "organization": near}


def import_listed(content: bytes, *, source: str, by: Person | None, now: datetime) -> Imported[ListedRow]:
    """Store every organization of a list that is not here yet, under any of its names; no memberships: the list has no dates of them.

    A name that is near to a known one is put before staff, and its rows are refused until they answer. Raises UnreadableFileError.
    """
    rows, refused = read_listed(content)
    result: Imported[ListedRow] = Imported(refused=refused)
    for row in rows:
        if find_organization(row.name) is not None:
            result.unchanged.append(row)
        elif (near := near_organization(row.name)) is not None:
            ask_name(name=row.name, near=near, source=source, now=now)
            result.refused.append(Refusal(line=row.line, field="name_as_written", reason=_waits(row.name, near)))
        else:
            text = _("The file states no zone: set to UTC.")
            result.zone_notes[row.line] = Note("zone-unknown", "name_as_written", text)
            add_organization(name=row.name, zone="UTC", zone_note=text, by=by, now=now)
            result.taken.append(row)
    result.refused.sort(key=lambda refusal: refusal.line)
    return result


def _take_over(
    row: AgreementRow, *, zones: Mapping[str, str], by: Person | None, now: datetime, result: Imported[AgreementRow]
) -> None:
    organization = _organization(row, zones=zones, by=by, now=now, result=result)
    notes = " ".join(note.text for note in row.notes)
    for number, term in enumerate(row.terms, start=1):
        take_over_membership(
            organization=organization,
            level=row.level,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            source="the agreements of 2018",
            source_key=f"{row.source_key}#{number}",
            note=notes,
            by=by,
            now=now,
        )
