"""A person's ways in: sessions, personal links, second factors. Staff see and end them; those of staff only a superuser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import emails, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, PersonalLink, PortalSession


class UnableToEndAccess(UnableTo):
    """There is nothing to end, no reason is given, or the person is staff and who asks is no superuser."""


def open_links(person: Person, *, now: datetime) -> models.QuerySet[PersonalLink]:
    """The links that still open, the newest first."""
    return person.personal_links.filter(Q(expires_at__gt=now), revoked_at__isnull=True).order_by("-pk")


def open_sessions(person: Person, *, now: datetime) -> models.QuerySet[PortalSession]:
    """Where the person is logged in, the newest first."""
    return PortalSession.objects.filter(person=person, expire_date__gt=now).order_by("-expire_date", "pk")


def staff_by_superuser(person: Person, *, by: Person) -> str:
    """Why `by` may not touch this account, or nothing: whoever changes an account of staff could enter by it."""
    if (person.is_staff or person.is_superuser) and not by.is_superuser:
        return _("%(person)s is staff: only a superuser changes that account.") % {"person": person}
    return ""


def _person(person_id: int, *, why: str, by: Person) -> Person:
    if not why.strip():
        raise UnableToEndAccess(_("Say why: the journal keeps it."))
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person_id)
    if refusal := staff_by_superuser(person, by=by):
        raise UnableToEndAccess(refusal)
    return person


def end_sessions(*, person_id: int, why: str, by: Person, now: datetime) -> int:
    """Log a person out everywhere; returns how many sessions ended. Raises UnableToEndAccess."""
    with transaction.atomic():
        person = _person(person_id, why=why, by=by)
        count = open_sessions(person, now=now).count()
        if not count:
            raise UnableToEndAccess(_("%(person)s is logged in nowhere.") % {"person": person})
        PortalSession.objects.filter(person=person).delete()
        text = ngettext("%(n)d session ended.", "%(n)d sessions ended.", count) % {"n": count}
        journal.record(what="sessions_ended", now=now, by=by, why=f"{text} {why.strip()}", about=[person])
    return count


def end_links(*, person_id: int, links: Sequence[int], why: str, by: Person, now: datetime) -> int:
    """End some of a person's links, by id; returns how many. Raises UnableToEndAccess where none of them opens any more."""
    with transaction.atomic():
        person = _person(person_id, why=why, by=by)
        count = open_links(person, now=now).filter(pk__in=links).update(revoked_at=now)
        if not count:
            raise UnableToEndAccess(_("None of these links opens any more."))
        text = ngettext("%(n)d personal link ended.", "%(n)d personal links ended.", count) % {"n": count}
        journal.record(what="links_ended", now=now, by=by, why=f"{text} {why.strip()}", about=[person])
    return count


def reset_factors(*, person_id: int, why: str, by: Person, now: datetime) -> int:
    """Take a person's second factors away, because they are lost; they are told, logged out, and set up another. Raises UnableToEndAccess."""
    with transaction.atomic():
        person = _person(person_id, why=why, by=by)
        if person.pk == by.pk:
            raise UnableToEndAccess(_("Your own you change on your page; another superuser resets them."))
        count: int = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
        if not count:
            raise UnableToEndAccess(_("%(person)s has no second factor.") % {"person": person})
        Authenticator.objects.filter(user=person).delete()
        PortalSession.objects.filter(person=person).delete()
        entry = journal.record(what="factors_reset", now=now, by=by, why=why.strip(), about=[person])
        emails.factors_reset(person, entry=entry, now=now)
    return count
