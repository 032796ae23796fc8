"""Personal links: a way in from a letter. 32 random bytes, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from carpentries_portal.common.models import Person, PersonalLink

LIFETIME = timedelta(days=60)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(*, person: Person, purpose: str, leads_to: str, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """A new link for the person; returns its path, the only place where the token stands."""
    token = secrets.token_urlsafe(32)
    PersonalLink.objects.create(
        token_hash=_hash(token), person=person, purpose=purpose, leads_to=leads_to, made_at=now, expires_at=now + lifetime
    )
    return reverse("common:enter", args=[token])


def find_link(token: str, *, now: datetime) -> PersonalLink | None:
    """The link of a token if it still opens: not revoked, not expired, of a person who may log in."""
    return (
        PersonalLink.objects.select_related("person")
        .filter(Q(expires_at__gt=now), token_hash=_hash(token), revoked_at__isnull=True, person__is_active=True)
        .first()
    )


def revoke_links(*, person: Person, leads_to: str, now: datetime) -> int:
    """End a person's links into one page; returns how many opened it until now."""
    rows = PersonalLink.objects.filter(person=person, leads_to=leads_to, revoked_at__isnull=True)
    return rows.update(revoked_at=now)
