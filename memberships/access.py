"""Who may see a membership: its coordinators and staff. A stranger gets 404."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.staff_rights import sees_as_staff
from memberships import queries
from memberships.models import Coordinator, Membership, MembershipQuerySet, Organization


@prepared
def _membership(membership_id: Any) -> MembershipQuerySet:
    return Membership.objects.select_related("organization", "edition").filter(pk=membership_id)


@prepared
def _own_membership(membership_id: Any, person_id: Any) -> MembershipQuerySet:
    rows = Membership.objects.select_related("organization", "edition").filter(pk=membership_id)
    return rows.coordinated_by(person_id)[:1]


def membership_or_404(membership_id: int, *, person: Person | AnonymousUser) -> Membership:
    """The membership with organization and edition, for whom it concerns. Raises Http404 for everybody else."""
    if not isinstance(person, Person):
        raise Http404
    if sees_as_staff(person):
        membership = first(_membership(membership_id=membership_id))
    else:
        membership = first(_own_membership(membership_id=membership_id, person_id=person.pk))
    if membership is None:
        raise Http404
    return membership


def organization_or_404(organization_id: int, *, person: Person | AnonymousUser) -> Organization:
    """An organization for its coordinators and for staff. Raises Http404 for everybody else."""
    row = Organization.objects.filter(pk=organization_id).first() if isinstance(person, Person) else None
    if row is None or not isinstance(person, Person):
        raise Http404
    if not sees_as_staff(person) and not queries.coordinates(person.pk, row.pk):
        raise Http404
    return row


def own_coordinator_or_404(organization_id: int, coordinator_id: int, *, person: Person | AnonymousUser) -> Coordinator:
    """A coordinator of an organization, for another one of it. Staff act in admin. Raises Http404 for everybody else."""
    if not isinstance(person, Person) or not queries.coordinates(person.pk, organization_id):
        raise Http404
    rows = Coordinator.objects.active().select_related("organization", "person")
    row = rows.filter(pk=coordinator_id, organization=organization_id).first()
    if row is None:
        raise Http404
    return row


def may_act_for(person: Person, membership: Membership) -> bool:
    """Whether the person books for the membership: its coordinators; staff act in admin."""
    return queries.coordinates(person.pk, membership.organization_id)
