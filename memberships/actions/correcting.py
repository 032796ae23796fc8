"""Correcting an organization's name and zone: many came from files that state no zone, or spell the name in a way of their own."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.texts import one_line
from memberships import queries
from memberships.models import NameQuestion, Organization, OrganizationAlias
from memberships.names import organization_key

LONGEST = 200


class UnableToCorrectOrganization(UnableTo):
    """The name is none or another's, the zone is none, or nothing differs. `field`: where it is wrong."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def correct_organization(*, organization: Organization, name: str, zone: str, why: str, by: Person, now: datetime) -> Organization:
    """Staff correct the name or the zone. The old name stays as another name of it. Raises UnableToCorrectOrganization.

    Days stay as they are written; from now on they begin and end in the new zone. The organization's lock is enough: what is stored with
    a membership does not follow from the zone, so an action that read the old one a moment ago was simply done before.
    """
    name = one_line(name)
    if not why.strip():
        raise UnableToCorrectOrganization(_("Say why: the journal keeps it."), field="why")
    if not is_zone(zone):
        raise UnableToCorrectOrganization(_("“%(zone)s” is not a time zone.") % {"zone": zone[:60]}, field="zone")
    with transaction.atomic():
        row = Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
        old, new = {"name": row.name, "zone": row.zone}, {"name": name, "zone": zone}
        changed = [key for key in new if new[key] != old[key]]
        if not changed:
            raise UnableToCorrectOrganization(_("Name and zone are so already."))
        if "name" in changed:
            _rename(row, name, by=by, now=now)
        if "zone" in changed:
            row.zone, row.zone_note = zone, ""  # the note says why it was only assumed
        row.save(update_fields=["name", "name_key", "zone", "zone_note"])
        was, is_ = {key: old[key] for key in changed}, {key: new[key] for key in changed}
        journal.record(what="organization_corrected", now=now, by=by, why=why.strip(), about=[row], old=was, new=is_)
    return row


def _rename(row: Organization, name: str, *, by: Person, now: datetime) -> None:
    """The name with its key; the one of before becomes an alias, so that files which still write it find the organization."""
    _check_name(row, name)
    before, key = (row.name, row.name_key), organization_key(name)
    row.name, row.name_key = name, key
    if before[1] == key:
        return  # another spelling of the same: imports find it by either
    OrganizationAlias.objects.filter(organization=row, name_key=key).delete()  # it is the name now
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "name_key"])
            OrganizationAlias.objects.create(organization=row, name=before[0], name_key=before[1], added_at=now, added_by=by)
    except IntegrityError:
        text = _("“%(name)s” was given to another organization a moment ago.")
        raise UnableToCorrectOrganization(text % {"name": name}, field="name") from None


def _check_name(row: Organization, name: str) -> None:
    key = organization_key(name)
    if not key or len(name) > LONGEST:
        raise UnableToCorrectOrganization(_("A name has 1 to %(n)d characters.") % {"n": LONGEST}, field="name")
    known = queries.find_organization(name)
    if known is not None and known.pk != row.pk:
        text = _("“%(name)s” is a name of %(organization)s already.")
        raise UnableToCorrectOrganization(text % {"name": name, "organization": known}, field="name")
    if known is None and NameQuestion.objects.filter(name_key=key, answer="").exists():  # neither answer could be given any more
        text = _("Whether “%(name)s” is a name of another organization waits on the desk: answer that first.")
        raise UnableToCorrectOrganization(text % {"name": name}, field="name")
