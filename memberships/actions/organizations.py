"""Adding organizations, and who coordinates for them."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.people import lock_people
from carpentries_portal.common.texts import one_line
from memberships import emails, queries
from memberships.actions.name_questions import lock_question, settle_question
from memberships.models import Coordinator, Membership, Organization
from memberships.names import organization_key

MOST_COORDINATORS = 20
"""An invitation is a letter to an address that somebody typed: nobody lets the portal write to hundreds."""


class UnableToAddOrganization(UnableTo):
    """The name is missing or known, or the zone is none."""


class UnableToChangeCoordinators(UnableTo):
    """They coordinate already, or would leave the organization without a coordinator."""


def lock_organization(organization_id: int) -> Organization:
    """The organization, locked until the transaction ends and read anew."""
    return Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization_id)


def add_organization(
    *, name: str, zone: str, by: Person | None, now: datetime, zone_note: str = "", other_name: str = "", why: str = ""
) -> Organization:
    """A new member organization. `why`: to a question about its name that this settles. Raises UnableToAddOrganization."""
    name = one_line(name)
    if not name:
        raise UnableToAddOrganization(_("An organization has a name."))
    if len(name) > 200:
        raise UnableToAddOrganization(_("A name has at most 200 characters."))
    known = queries.find_organization(name)
    if known is not None and known.name_key != organization_key(name):
        raise UnableToAddOrganization(_("“%(name)s” is another name of %(known)s.") % {"name": name, "known": known})
    if not is_zone(zone):
        raise UnableToAddOrganization(_("“%(zone)s” is not a time zone.") % {"zone": zone[:60]})
    try:
        with transaction.atomic():
            question = lock_question(name)
            organization = Organization.objects.create(
                name=name,
                name_key=organization_key(name),
                other_name=other_name[:200],
                zone=zone,
                zone_note=zone_note,
                added_at=now,
            )
            journal.record(
                what="organization_added",
                now=now,
                by=by,
                why=_("Added with the zone %(zone)s.") % {"zone": zone},
                about=[organization],
            )
            if question is not None:
                settle_question(question, found=organization, by=by, now=now, why=why)
    except IntegrityError:
        raise UnableToAddOrganization(_("An organization of this name is known already.")) from None
    return organization


def add_coordinator(*, organization: Organization, email: str, name: str, by: Person | None, now: datetime) -> Coordinator:
    """Let a person coordinate, and welcome them (L1) for each membership that has not ended. Raises UnableTo…."""
    with transaction.atomic():
        organization = lock_organization(organization.pk)  # a membership that is made meanwhile welcomes them, or is seen here
        coordinator = _add(organization, email=email, name=name, by=by, now=now)
        for membership in _current(organization, now=now):
            emails.welcome(coordinator, membership, now=now)
    return coordinator


def invite_coordinator(*, organization: Organization, email: str, name: str, by: Person, now: datetime) -> Coordinator:
    """A coordinator lets another in, who hears from whom (L1) and where; a welcome that would leave now is in that letter. Raises UnableTo…."""
    if not one_line(name):
        raise UnableToChangeCoordinators(_("Say whom you invite: a name."))
    with transaction.atomic():
        Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
        people = list(Coordinator.objects.active().filter(organization=organization).values_list("person", flat=True))
        if by.pk not in people:
            raise UnableToChangeCoordinators(_("Only who coordinates here invites somebody."))
        if len(people) >= MOST_COORDINATORS:
            text = _("An organization has at most %(n)d coordinators: remove one first.")
            raise UnableToChangeCoordinators(text % {"n": MOST_COORDINATORS})
        coordinator = _add(organization, email=email, name=name, by=by, now=now)
        emails.invited(coordinator, by=by, now=now)
        for membership in _current(organization, now=now):
            if emails.welcome_due_at(membership) > now:
                emails.welcome(coordinator, membership, now=now)
    return coordinator


def _add(organization: Organization, *, email: str, name: str, by: Person | None, now: datetime) -> Coordinator:
    """The row and its line in the journal."""
    [person] = lock_people({email: name}, now=now).values()
    try:
        with transaction.atomic():
            coordinator = Coordinator.objects.create(person=person, organization=organization, added_at=now, added_by=by)
    except IntegrityError:
        raise UnableToChangeCoordinators(
            _("%(person)s coordinates for %(organization)s already.") % {"person": person, "organization": organization}
        ) from None
    why = _("%(person)s coordinates for %(organization)s.") % {"person": person, "organization": organization}
    journal.record(what="coordinator_added", now=now, by=by, why=why, about=[organization, coordinator, person])
    return coordinator


def _current(organization: Organization, *, now: datetime) -> list[Membership]:
    rows = organization.memberships.filter(ended_on__isnull=True).select_related("organization", "edition")
    return [membership for membership in rows if not membership.has_ended(now)]


def remove_coordinator(*, coordinator: Coordinator, by: Person, now: datetime, why: str = "", by_staff: bool = False) -> None:
    """End a person's coordinating; they are told. The last one of an organization only staff can remove. Raises UnableToChangeCoordinators."""
    with transaction.atomic():
        Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=coordinator.organization_id)
        others = Coordinator.objects.active().filter(organization=coordinator.organization_id).exclude(pk=coordinator.pk)
        if not by_staff and not others.exists():
            raise UnableToChangeCoordinators(_("Name another coordinator first: somebody must be there to ask."))
        if not Coordinator.objects.active().filter(pk=coordinator.pk).update(removed_at=now):
            raise UnableToChangeCoordinators(_("This person coordinates no longer."))
        sentence = _("%(person)s coordinates no longer.") % {"person": coordinator.person}
        journal.record(
            what="coordinator_removed",
            now=now,
            by=by,
            why=f"{sentence} {why}".strip(),
            about=[coordinator.organization, coordinator, coordinator.person],
        )
        if by.pk != coordinator.person_id:
            emails.removed(coordinator, by=by, now=now, by_staff=by_staff)
