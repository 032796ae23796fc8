"""L1: the welcome to each coordinator of a membership."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Content, LinkTo, letter, queue
from memberships.models import Coordinator, Membership


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
    edition = membership.edition.edition()
    context = {
        "membership": membership,
        "organization": membership.organization,
        "person": notice.to_person,
        "edition": edition,
        "minimum": edition.minimum_for(edition.seats_of(membership.level)),
        "last_day": membership.cut_off(),
    }
    return Content(
        context=context,
        zone=membership.organization.zone,
        link=LinkTo(purpose="welcome", path=reverse("pages:membership", args=[membership.pk])),
    )
