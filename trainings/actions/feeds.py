"""The private calendar of a coordinator: opened, its address renewed, closed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.queries import coordinates_something
from trainings.models import CalendarFeed


class UnableToOpenFeed(UnableTo):
    """The person coordinates nothing."""


@transaction.atomic
def renew_feed(*, person: Person, now: datetime) -> CalendarFeed:
    """A private calendar with an address that nobody knows yet; an earlier one opens no more. Raises UnableToOpenFeed."""
    if not coordinates_something(person):
        raise UnableToOpenFeed(_("You coordinate no organization: there are no dates to follow."))
    feed, new = CalendarFeed.objects.select_for_update().get_or_create(person=person, defaults={"made_at": now})
    if not new:
        feed.number, feed.made_at, feed.revoked_at = feed.number + 1, now, None
        feed.save(update_fields=["number", "made_at", "revoked_at"])
    why = _("The address of the private calendar was made.") if new else _("The address of the private calendar was renewed.")
    journal.record(what="feed_renewed", now=now, by=person, why=why, about=[person])
    return feed


@transaction.atomic
def revoke_feed(*, person: Person, now: datetime) -> None:
    """The address of the private calendar opens no more. Again does nothing."""
    feed = CalendarFeed.objects.select_for_update().filter(person=person, revoked_at__isnull=True).first()
    if feed is None:
        return
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    why = _("The private calendar was closed.")
    journal.record(what="feed_revoked", now=now, by=person, why=why, about=[person])
