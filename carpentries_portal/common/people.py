"""Adding people: one address is one person (P11); allauth's own address table is kept in step."""

from __future__ import annotations

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


class UnableToAddPerson(UnableTo):
    """The address is none."""


def find_or_add_person(*, email: str, name: str, now: datetime, is_staff: bool = False) -> tuple[Person, bool]:
    """The person of this address, and whether they are new. Whoever is known keeps their name. Raises UnableToAddPerson."""
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise UnableToAddPerson(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}) from None
    if max(len(email), len(email_key(email))) > LONGEST_ADDRESS:
        raise UnableToAddPerson(_("An e-mail address has at most %(n)d characters.") % {"n": LONGEST_ADDRESS})
    known = Person.objects.with_email(email)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, one_line(name)[:200], is_staff=is_staff, added_at=now)
            EmailAddress.objects.create(user=person, email=email.lower(), primary=True, verified=False)
    except IntegrityError:  # somebody else added them a moment ago
        return Person.objects.get(email_key=email_key(email)), False
    return person, True
