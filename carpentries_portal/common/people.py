"""Adding people: one address is one person (P11); allauth's own address table is kept in step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.texts import one_line

LONGEST_ADDRESS = 254
BATCH = 500


class UnableToAddPerson(UnableTo):
    """The address is none."""


def find_or_add_person(*, email: str, name: str, now: datetime, is_staff: bool = False) -> tuple[Person, bool]:
    """The person of this address, and whether they are new. Whoever is known keeps their name. Raises UnableToAddPerson."""
    email = _checked(email)
    known = Person.objects.with_email(email)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, one_line(name)[:200], is_staff=is_staff, added_at=now)
            EmailAddress.objects.create(user=person, email=email.lower(), primary=True, verified=False)
    except IntegrityError:  # somebody else added them a moment ago
        known = Person.objects.with_email(email)
        if known is None:
            raise
        return known, False
    return person, True


def _checked(email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise UnableToAddPerson(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}) from None
    if max(len(email), len(email_key(email))) > LONGEST_ADDRESS:
        raise UnableToAddPerson(_("An e-mail address has at most %(n)d characters.") % {"n": LONGEST_ADDRESS})
    return email


def find_or_add_people(names: Mapping[str, str], *, now: datetime) -> dict[str, Person]:
    """The people of many addresses (address -> name) by key, as `find_or_add_person` finds or adds each: few queries, however many.

    Raises UnableToAddPerson; then nobody was added.
    """
    each = {email_key(email): (_checked(email), name) for email, name in names.items()}
    wanted = dict(sorted(each.items()))  # two lists with the same new people wait for each other in turn
    rows = Person.objects.filter(email_key__in=list(wanted)).select_related("merged_into")
    found = {row.email_key: row.merged_into or row for row in rows}
    new = []
    for key, (email, name) in wanted.items():
        if key not in found:
            person = Person(email=email, email_key=key, name=one_line(name)[:200], added_at=now)
            person.set_unusable_password()
            new.append(person)
    try:
        with transaction.atomic():
            Person.objects.bulk_create(new, batch_size=BATCH)
            addresses = [EmailAddress(user=one, email=one.email.lower(), primary=True, verified=False) for one in new]
            EmailAddress.objects.bulk_create(addresses, batch_size=BATCH)
    except IntegrityError:  # somebody else added one of them a moment ago
        return {key: find_or_add_person(email=email, name=name, now=now)[0] for key, (email, name) in wanted.items()}
    return found | {person.email_key: person for person in new}


def lock_people(names: Mapping[str, str], *, now: datetime) -> dict[str, Person]:
    """The people of these addresses (address -> name) by key, known or new, locked: what is given to them meanwhile waits, as do those who
    merge or forget them. Whoever adds somebody to something (a list, a trainer, a coordinator) takes this lock last, after training and
    membership or organization. Raises UnableToAddPerson, also where a row came to its end a moment ago.
    """
    found = find_or_add_people(names, now=now)
    locked = lock_known(person.pk for person in found.values())
    for key, person in found.items():
        row = locked.get(person.pk)  # none: the list that had brought them in was undone
        if row is None or row.merged_into_id is not None or row.forgotten_at is not None:
            text = _("%(email)s was merged, forgotten or taken off a moment ago: send it once more.")
            raise UnableToAddPerson(text % {"email": key})
    return {key: locked[person.pk] for key, person in found.items()}


def lock_known(ids: Iterable[int]) -> dict[int, Person]:
    """These people by id, locked in one order and read anew; who is gone is not there. After every other lock."""
    rows = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=sorted(set(ids))).order_by("pk")
    return {row.pk: row for row in rows}


def addresses_in_use(emails: Iterable[str]) -> dict[str, str]:
    """Of addresses that people had before they were merged: the one in use now, by the old one's key. One query."""
    keys = {email_key(email) for email in emails}
    rows = Person.objects.filter(email_key__in=keys, merged_into__isnull=False)
    return dict(rows.values_list("email_key", "merged_into__email"))
