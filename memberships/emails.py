"""L1: the welcome to each coordinator of a membership."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.urls import reverse

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue
from memberships.models import Coordinator, Membership
from memberships.policy import recommended


def welcome(coordinator: Coordinator, membership: Membership, *, now: datetime) -> None:
    """Owed once for a coordinator and a membership: the later of now and 30 days before it starts."""
    days = membership.edition.edition().welcome_days
    due_at = datetime.combine(membership.starts_on - timedelta(days=days), time(6), tzinfo=UTC)
    queue(
        letter="memberships.welcome",
        to=coordinator.person,
        occasion=f"membership:{membership.pk}",
        about=membership,
        context={"membership": membership.pk},
        now=now,
        due_at=due_at,
    )


@letter("L1", "memberships.welcome", template="memberships/emails/welcome")
def build_welcome(notice: Notice) -> Content:
    membership = Membership.objects.select_related("organization", "edition").get(pk=notice.context["membership"])
    coordinators = Coordinator.objects.active().filter(organization=membership.organization_id)
    if not coordinators.filter(person=notice.to_person_id).exists():
        raise Obsolete("The person coordinates no longer.")
    now = notice.claimed_at or notice.queued_at
    if membership.has_ended(now):
        raise Obsolete("The membership has ended.")
    edition = membership.edition.edition()
    best_by = recommended(membership.facts(), first_day=membership.starts_on).turns_on
    context = {
        "membership": membership,
        "organization": membership.organization,
        "edition": edition,
        "minimum": edition.minimum_for(edition.seats_of(membership.level)),
        "begun": membership.has_begun(now),
        "begins": day_text(membership.starts_on),
        "best_by": best_by if best_by and not best_by.passed(now) else None,
        "last_day": membership.cut_off(),
        "calendar_url": settings.SITE_URL + reverse("trainings:list"),
    }
    return Content(
        context=context,
        zone=membership.organization.zone,
        link=LinkTo(purpose="welcome", path=reverse("pages:membership", args=[membership.pk])),
    )
