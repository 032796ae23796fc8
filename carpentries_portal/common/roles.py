"""Roles of staff: a group each, whose permissions the roof offers; said by superusers alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person

SUPERUSER = "superuser"
"""A flag, and the permission of buttons that no role has."""
SCHEDULER, REVIEWER, READER = "scheduler", "reviewer", "read-only"
GROUPS = (SCHEDULER, REVIEWER, READER)
CHOICES = [
    (SUPERUSER, gettext_lazy("superuser")),
    (SCHEDULER, gettext_lazy("scheduler")),
    (REVIEWER, gettext_lazy("reviewer")),
    (READER, gettext_lazy("read-only")),
]


class UnableToGrant(UnableTo):
    """Who asks is no superuser, it would leave the portal without one, or it changes nothing."""


def descriptions() -> list[str]:
    """What each role may, in a sentence."""
    return [
        _("Superuser: everything, also editions, roles and second factors of others."),
        _("Scheduler: memberships, seats, trainings, rosters and attendance; decides exceptions; people."),
        _("Reviewer: submissions, checkouts and certificates, and more time for them."),
        _("Read-only: sees everything, changes nothing."),
    ]


def roles_of(person: Person) -> list[str]:
    """A person's roles, the widest first. Prefetch `groups`."""
    held = {group.name for group in person.groups.all()}
    return [*([SUPERUSER] if person.is_superuser else []), *(name for name in GROUPS if name in held)]


def words_of(person: Person) -> list[str]:
    words = dict(CHOICES)
    return [str(words[name]) for name in roles_of(person)]


def having(people: models.QuerySet[Person], role: str) -> models.QuerySet[Person]:
    """Those of a role."""
    return people.filter(is_superuser=True) if role == SUPERUSER else people.filter(groups__name=role)


def set_roles(*, person_id: int, roles: Sequence[str], why: str, by: Person, now: datetime) -> Person:
    """A person has these roles from now on, and no other; without any they are no staff. Raises UnableToGrant."""
    if not by.is_superuser:
        raise UnableToGrant(_("Only a superuser says who has which role."))
    if not why.strip():
        raise UnableToGrant(_("Say why: the journal keeps it."))
    if unknown := set(roles) - {name for name, _title in CHOICES}:
        raise UnableToGrant(_("There is no role %(name)s.") % {"name": ", ".join(sorted(unknown))})
    with transaction.atomic():
        supers = Person.objects.select_for_update(of=("self",), no_key=True).filter(
            models.Q(is_superuser=True) | models.Q(pk=person_id)
        )
        person = {row.pk: row for row in supers.order_by("pk")}[person_id]
        before = roles_of(person)
        if person.merged_into_id is not None or person.forgotten_at is not None:
            raise UnableToGrant(_("Nobody enters by this row any more."))
        if set(before) == set(roles) and person.is_staff == bool(roles):
            raise UnableToGrant(_("They have these roles already."))
        others = Person.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
        if person.is_superuser and SUPERUSER not in roles and not others.exists():
            raise UnableToGrant(_("This is the last superuser: name another one first."))
        person.is_superuser, person.is_staff = SUPERUSER in roles, bool(roles)
        person.save(update_fields=["is_superuser", "is_staff"])
        groups = [Group.objects.get_or_create(name=name)[0] for name in GROUPS if name in roles]
        person.groups.remove(*Group.objects.filter(name__in=GROUPS))
        person.groups.add(*groups)
        old, new = {"roles": before}, {"roles": [name for name, _title in CHOICES if name in roles]}
        journal.record(what="roles_set", now=now, by=by, why=why.strip(), about=[person], old=old, new=new)
    return person
