"""Reads of organizations, memberships and the ledger, as pages need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import prepared
from memberships.models import Coordinator, LedgerEntry, Membership, Organization, OrganizationAlias, StaffNote
from memberships.names import nearest, organization_key
from memberships.policy import MembershipFacts, overlap_warning
from memberships.states import Account

LEDGER = 50
"""How many movements of seats a page reads."""


def find_organization(name: str) -> Organization | None:
    """The organization that has this name, or had it given as another. One query."""
    key = organization_key(name)
    return Organization.objects.filter(Q(name_key=key) | Q(aliases__name_key=key)).distinct().first()


def near_organization(name: str) -> Organization | None:
    """An organization with a name so near that it may be the same one. Two queries, whose rows are all names."""
    names = [*Organization.objects.order_by("pk").values_list("pk", "name")]
    names += OrganizationAlias.objects.order_by("pk").values_list("organization", "name")
    found = nearest(name, names)
    return Organization.objects.get(pk=found) if found is not None else None


@dataclass(frozen=True, slots=True)
class NavItem:
    """A membership in the page's navigation."""

    label: str
    url: str
    until: date
    ended: bool


@prepared
def _coordinated(person_id: Any) -> QuerySet[Membership]:
    return Membership.objects.coordinated_by(person_id).select_related("organization", "edition").order_by("ends_on", "pk")


@prepared
def _in_navigation(person_id: Any) -> QuerySet[Membership]:
    """As `_coordinated`, no more than the navigation shows."""
    rows = Membership.objects.coordinated_by(person_id).select_related("organization").order_by("ends_on", "pk")
    return rows.only("level", "starts_on", "ends_on", "ended_on", "organization__name", "organization__zone")


def _all_movements(membership_id: Any) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(membership=membership_id).select_related("by").order_by("-pk")


@prepared
def _movements(membership_id: Any) -> QuerySet[LedgerEntry]:
    return _all_movements(membership_id)[:LEDGER]


@prepared
def _active_coordinator(person_id: Any, organization_id: Any) -> QuerySet[Coordinator, Any]:
    return Coordinator.objects.active().filter(person=person_id, organization=organization_id).values_list("pk")[:1]


def memberships_of(person: Person) -> list[Membership]:
    """The memberships that a person coordinates, the one that ends first in front. One query."""
    return _coordinated(person_id=person.pk)


def current_or_coming(memberships: Sequence[Membership], *, now: datetime) -> list[Membership]:
    """Those that have not ended, in the given order."""
    return [membership for membership in memberships if not membership.has_ended(now)]


def nav_for(person: Person, *, now: datetime) -> list[NavItem]:
    """What the navigation offers a coordinator: those that have not ended first, the one that ends first in front. One query."""
    rows = sorted(_in_navigation(person_id=person.pk), key=lambda row: row.has_ended(now))
    return [
        NavItem(
            label=f"{row.organization} · {row.get_level_display()}",
            url=reverse("pages:membership", args=[row.pk]),
            until=row.last_on,
            ended=row.has_ended(now),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class SeatMeter:
    """The seats of a membership as the meter shows them. `spent` groups what is in none of the four boxes."""

    granted: int
    available: int
    reserved: int
    used: int
    forfeited: int
    returned: int
    withdrawn: int
    moved: int
    until: date


def meter_of(membership: Membership) -> SeatMeter:
    return SeatMeter(
        granted=membership.granted,
        available=membership.available,
        reserved=membership.reserved,
        used=membership.used,
        forfeited=membership.forfeited,
        returned=membership.returned,
        withdrawn=membership.withdrawn,
        moved=membership.moved,
        until=membership.last_on,
    )


def ledger_of(membership: Membership) -> list[LedgerEntry]:
    """The newest movements of seats, newest first. One query."""
    return _movements(membership_id=membership.pk)


def whole_ledger_of(membership: Membership) -> list[LedgerEntry]:
    """Every movement of its seats, newest first. One query."""
    return list(_all_movements(membership.pk))


def facts_of(membership: Membership) -> MembershipFacts:
    return membership.facts()


def coordinators_of(organization_id: int) -> list[Coordinator]:
    """Who coordinates for an organization now. One query."""
    return list(
        Coordinator.objects.active().filter(organization=organization_id).select_related("person", "added_by").order_by("pk")
    )


def coordinators_by_organization(organization_ids: Iterable[int]) -> dict[int, list[Coordinator]]:
    """Who coordinates for each of many organizations now; one without any has an empty list. One query."""
    found: dict[int, list[Coordinator]] = {pk: [] for pk in organization_ids}
    for coordinator in Coordinator.objects.active().filter(organization__in=found).select_related("person").order_by("pk"):
        found[coordinator.organization_id].append(coordinator)
    return found


def addresses_of(organization_id: int) -> list[Person]:
    """Who coordinates for an organization now, as a letter needs them: id and address. One query."""
    return _addresses(organization_id=organization_id)


@prepared
def _addresses(organization_id: Any) -> QuerySet[Person]:
    rows = Person.objects.filter(coordinations__organization=organization_id, coordinations__removed_at__isnull=True)
    return rows.only("pk", "email").order_by("coordinations__pk")


def memberships_at(organization_id: int) -> list[Membership]:
    """The memberships of an organization, the newest first. One query."""
    rows = Membership.objects.filter(organization=organization_id).select_related("organization", "edition")
    return list(rows.order_by("-ends_on", "-pk"))


def coordinates(person_id: int, organization_id: int) -> bool:
    return bool(_active_coordinator(person_id=person_id, organization_id=organization_id))


def coordinates_something(person: Person) -> bool:
    active = Coordinator.objects.active().filter(person=OuterRef("pk"))
    return Person.objects.filter(pk=person.pk).filter(Exists(active)).exists()


def overlaps(organization_id: int, *, starts_on: date, ends_on: date, but: int | None = None) -> list[Verdict]:
    """What the organization's other memberships of these days warn of (P1). One query."""
    rows = Membership.objects.filter(organization=organization_id, starts_on__lte=ends_on, ends_on__gte=starts_on)
    verdicts = [
        overlap_warning(
            starts_on=starts_on,
            ends_on=ends_on,
            other=str(row.get_level_display()),
            other_starts_on=row.starts_on,
            other_last_on=row.last_on,
        )
        for row in rows.order_by("starts_on", "pk")
        if row.pk != but
    ]
    return [verdict for verdict in verdicts if verdict.warned]


def balance_change(before: Membership, after: Membership) -> str:
    """What a change leaves, for staff: "This leaves 12 of 15 seats available (available 15 → 12, withdrawn 0 → 3)."."""
    changes = [
        f"{account.label} {getattr(before, account)} → {getattr(after, account)}"
        for account in Account
        if getattr(before, account) != getattr(after, account)
    ]
    left = ngettext("This leaves %(n)d of %(all)d seat available", "This leaves %(n)d of %(all)d seats available", after.granted)
    return f"{left % {'n': after.available, 'all': after.granted}} ({', '.join(changes) or _('no account changes')})."


def notes_of(organization_id: int) -> list[StaffNote]:
    """Staff's notes on an organization and its memberships, the newest first. One query."""
    rows = StaffNote.objects.filter(organization=organization_id).select_related("by", "struck_by", "membership__organization")
    return list(rows.order_by("-pk"))
