"""Reads of organizations, memberships and the ledger, as pages need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import Prepared
from memberships.models import Coordinator, LedgerEntry, Membership
from memberships.policy import MembershipFacts


@dataclass(frozen=True, slots=True)
class NavItem:
    """A membership in the page's navigation."""

    label: str
    url: str
    until: date
    ended: bool


def memberships_of(person: Person) -> list[Membership]:
    """The memberships that a person coordinates, the one that ends first in front. One query."""
    rows = Membership.objects.coordinated_by(person.pk).select_related("organization", "edition")
    return list(rows.order_by("ends_on", "pk"))


def current_or_coming(memberships: Sequence[Membership], *, now: datetime) -> list[Membership]:
    """Those that have not ended, in the given order."""
    return [membership for membership in memberships if not membership.has_ended(now)]


def nav_for(person: Person, *, now: datetime) -> list[NavItem]:
    """What the navigation offers a coordinator: those that have not ended first, the one that ends first in front. One query."""
    rows = sorted(memberships_of(person), key=lambda row: row.has_ended(now))
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


def ledger_of(membership: Membership, *, limit: int = 50) -> list[LedgerEntry]:
    """The newest movements of seats, newest first. One query."""
    return list(LedgerEntry.objects.filter(membership=membership.pk).select_related("by").order_by("-pk")[:limit])


def facts_of(membership: Membership) -> MembershipFacts:
    return membership.facts()


def coordinators_of(organization_id: int) -> list[Coordinator]:
    """Who coordinates for an organization now. One query."""
    return list(
        Coordinator.objects.active().filter(organization=organization_id).select_related("person", "added_by").order_by("pk")
    )


def addresses_of(organization_id: int) -> list[Person]:
    """Who coordinates for an organization now, as a letter needs them: id and address. One query."""
    return _ADDRESSES.all(organization_id)


_ADDRESSES = Prepared(
    lambda organization_id: (
        Person.objects.filter(coordinations__organization=organization_id, coordinations__removed_at__isnull=True)
        .only("pk", "email")
        .order_by("coordinations__pk")
    )
)


def memberships_at(organization_id: int) -> list[Membership]:
    """The memberships of an organization, the newest first. One query."""
    rows = Membership.objects.filter(organization=organization_id).select_related("organization", "edition")
    return list(rows.order_by("-ends_on", "-pk"))


def coordinates(person_id: int, organization_id: int) -> bool:
    return Coordinator.objects.active().filter(person=person_id, organization=organization_id).exists()


def coordinates_something(person: Person) -> bool:
    active = Coordinator.objects.active().filter(person=OuterRef("pk"))
    return Person.objects.filter(pk=person.pk).filter(Exists(active)).exists()
