"""Other names of an organization, by which imports find it; and the question to staff whether two names are one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.texts import one_line
from memberships import queries
from memberships.actions.name_questions import lock_question, settle_question
from memberships.actions.organizations import add_organization
from memberships.models import NameQuestion, Organization, OrganizationAlias
from memberships.names import organization_key

LONGEST = 200


class UnableToName(UnableTo):
    """The name is none, or another organization's."""


class UnableToAnswer(UnableTo):
    """The question was answered already."""


def add_alias(*, organization: Organization, name: str, by: Person | None, now: datetime, why: str = "") -> OrganizationAlias:
    """Another name by which imports find the organization. Raises UnableToName where it is known, here or elsewhere."""
    name = one_line(name)
    key = organization_key(name)
    if not key or len(name) > LONGEST:
        raise UnableToName(_("A name has 1 to %(n)d characters.") % {"n": LONGEST})
    with transaction.atomic():
        question = lock_question(name)
        Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
        known = queries.find_organization(name)
        if known is not None:
            raise UnableToName(_("“%(name)s” is a name of %(organization)s already.") % {"name": name, "organization": known})
        try:
            with transaction.atomic():
                alias = OrganizationAlias.objects.create(
                    organization=organization, name=name, name_key=key, added_at=now, added_by=by
                )
        except IntegrityError:
            raise UnableToName(_("“%(name)s” was given to another organization a moment ago.") % {"name": name}) from None
        text = _("“%(name)s” is another name of %(organization)s.") % {"name": name, "organization": organization}
        journal.record(what="alias_added", now=now, by=by, why=f"{text} {why.strip()}".strip(), about=[organization])
        if question is not None:
            settle_question(question, found=organization, by=by, now=now, why=why)
    return alias


def remove_alias(*, alias: OrganizationAlias, why: str, by: Person, now: datetime) -> None:
    """The name finds the organization no more. Raises UnableToName."""
    if not why.strip():
        raise UnableToName(_("Say why: the journal keeps it."))
    with transaction.atomic():
        organization = Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=alias.organization_id)
        deleted, _rows = OrganizationAlias.objects.filter(pk=alias.pk).delete()
        if not deleted:
            raise UnableToName(_("It was removed already."))
        text = _("“%(name)s” is no name of %(organization)s any more.") % {"name": alias.name, "organization": organization}
        journal.record(what="alias_removed", now=now, by=by, why=f"{text} {why.strip()}", about=[organization])


def ask_name(*, name: str, near: Organization, source: str, now: datetime) -> NameQuestion:
    """Put before staff whether a name that an import found is the organization it is near to; once a name."""
    row, new = NameQuestion.objects.get_or_create(
        name_key=organization_key(name), defaults={"name": name, "near": near, "source": source, "asked_at": now}
    )
    if new:
        text = _("Is “%(name)s” (%(source)s) the same as %(organization)s?") % {
            "name": name,
            "source": source,
            "organization": near,
        }
        journal.record(what="name_asked", now=now, why=text, about=[row, near])
    return row


def answer_name(*, question_id: int, same: bool, why: str, by: Person, now: datetime) -> Organization:
    """Staff answer: the same, then it is another name of it; or different, then it is an organization of its own. Raises UnableTo….

    Returns the organization that has the name now. Its zone is UTC until staff know better. Where the name was given to one meanwhile, that is
    the answer, whichever staff gave: nothing is left to decide.
    """
    with transaction.atomic():
        row = NameQuestion.objects.select_for_update(of=("self",), no_key=True).select_related("near").get(pk=question_id)
        if row.answer:
            raise UnableToAnswer(_("This was answered already: %(answer)s.") % {"answer": row.get_answer_display()})
        known = queries.find_organization(row.name)
        if known is not None:
            given = _("The name is one of %(organization)s already.") % {"organization": known}
            settle_question(row, found=known, by=by, now=now, why=f"{given} {why.strip()}")
            return known
        if same:
            add_alias(organization=row.near, name=row.name, by=by, now=now, why=why)
            return row.near
        note = _("No file states its zone: set to UTC.")
        return add_organization(name=row.name, zone="UTC", zone_note=note, by=by, now=now, why=why)
