"""Taking over the agreements of before the portal: organizations, and a membership for each year of a term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.tablefile import Note, Refusal
from memberships.actions import add_organization, organization_key, take_over_membership
from memberships.agreements_file import AgreementRow, read_agreements
from memberships.models import Membership, Organization


@dataclass(slots=True)
class Imported:
    """What an import did. `zone_notes` says of which organization the zone is not known."""

    taken: list[AgreementRow] = field(default_factory=list)
    unchanged: list[AgreementRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    zone_notes: dict[int, Note] = field(default_factory=dict)


def import_agreements(content: bytes, *, zones: Mapping[str, str], by: Person | None, now: datetime) -> Imported:
    """Store every agreement that is not here yet, each in one transaction. Raises UnreadableFileError; then nothing is stored."""
    rows, refused = read_agreements(content)
    known = set(Membership.objects.filter(source_key__isnull=False).values_list("source_key", flat=True))
    result = Imported(refused=refused)
    for row in rows:
        if f"{row.source_key}#1" in known:
            result.unchanged.append(row)
            continue
        try:
            with transaction.atomic():
                _take_over(row, zones=zones, by=by, now=now, result=result)
        except UnableTo as problem:
            result.zone_notes.pop(row.line, None)
            result.refused.append(Refusal(line=row.line, field="level_on_members_page_2018", reason=str(problem)))
        else:
            result.taken.append(row)
    result.refused.sort(key=lambda refusal: refusal.line)
    return result


def _organization(
    row: AgreementRow, *, zones: Mapping[str, str], by: Person | None, now: datetime, result: Imported
) -> Organization:
    known = Organization.objects.filter(name_key=organization_key(row.organization)).first()
    if known is not None:
        return known
    zone = zones.get(row.organization)
    text = (
        _("The file states no zone: inferred from the place of its main campus.")
        if zone
        else _("The file states no zone: set to UTC.")
    )
    if zone is None:
        result.zone_notes[row.line] = Note("zone-unknown", "organisation", text)
    return add_organization(name=row.organization, other_name=row.other_name, zone=zone or "UTC", zone_note=text, by=by, now=now)


def _take_over(row: AgreementRow, *, zones: Mapping[str, str], by: Person | None, now: datetime, result: Imported) -> None:
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
