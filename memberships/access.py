"""Who may see a membership: its coordinators and staff. A stranger gets 404."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from carpentries_portal.common.models import Person
from memberships import queries
from memberships.models import Membership


def membership_or_404(membership_id: int, *, person: Person | AnonymousUser) -> Membership:
    """The membership with organization and edition, for whom it concerns. Raises Http404 for everybody else."""
    rows = Membership.objects.select_related("organization", "edition").filter(pk=membership_id)
    if not isinstance(person, Person):
        raise Http404
    if not person.is_staff:
        rows = rows.coordinated_by(person.pk)
    membership = rows.first()
    if membership is None:
        raise Http404
    return membership


def may_act_for(person: Person, membership: Membership) -> bool:
    """Whether the person books for the membership: its coordinators; staff act in admin."""
    return queries.coordinates(person.pk, membership.organization_id)
