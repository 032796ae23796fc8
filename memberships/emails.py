"""L1: the welcome to each coordinator of a membership, the invitation by another, the end of coordinating. L15: staff changed the seats."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.urls import reverse

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, cancel, letter, queue
from memberships.models import Coordinator, Membership
from memberships.policy import recommended
from memberships.queries import coordinators_of, meter_of


def welcome(coordinator: Coordinator, membership: Membership, *, now: datetime) -> None:
    """Owed once for a coordinator and a membership: the later of now and 30 days before it starts."""
    queue(
        letter="memberships.welcome",
        to=coordinator.person,
        occasion=f"membership:{membership.pk}",
        about=membership,
        context={"membership": membership.pk},
        now=now,
        due_at=welcome_due_at(membership),
    )


def welcome_due_at(membership: Membership) -> datetime:
    """The instant, UTC, before which nobody is welcomed to a membership. Needs `edition` loaded."""
    days = membership.edition.edition().welcome_days
    return datetime.combine(membership.starts_on - timedelta(days=days), time(6), tzinfo=UTC)


def invited(coordinator: Coordinator, *, by: Person, now: datetime) -> None:
    """To one whom a colleague let in: at once."""
    queue(
        letter="memberships.coordinator_invited",
        to=coordinator.person,
        occasion=f"coordinator:{coordinator.pk}",
        about=coordinator,
        context={"coordinator": coordinator.pk, "by": str(by)},
        now=now,
    )


def removed(coordinator: Coordinator, *, by: Person, now: datetime, by_staff: bool) -> None:
    """To one who coordinates no longer, by somebody else's doing. An invitation that has not left is taken back."""
    cancel(about=coordinator)
    queue(
        letter="memberships.coordinator_removed",
        to=coordinator.person,
        occasion=f"removed:{coordinator.pk}",
        about=coordinator,
        context={"coordinator": coordinator.pk, "by": "" if by_staff else str(by)},
        now=now,
    )


def seats_changed(membership: Membership, *, entry: JournalEntry, now: datetime, sentence: str) -> None:
    """L15, at once, to each coordinator: staff gave seats or took some, and why."""
    for coordinator in coordinators_of(membership.organization_id):
        queue(
            letter="memberships.seats_changed",
            to=coordinator.person,
            occasion=f"journal:{entry.pk}",
            about=membership,
            context={"membership": membership.pk, "sentence": sentence},
            now=now,
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


def _coordinator(notice: Notice) -> Coordinator:
    return Coordinator.objects.select_related("organization", "person").get(pk=notice.context["coordinator"])


@letter("L1", "memberships.coordinator_invited", template="memberships/emails/coordinator_invited")
def build_invited(notice: Notice) -> Content:
    coordinator = _coordinator(notice)
    if coordinator.removed_at is not None:
        raise Obsolete("The person coordinates no longer.")
    organization, now = coordinator.organization, notice.claimed_at or notice.queued_at
    rows = organization.memberships.select_related("organization", "edition").order_by("ends_on", "pk")
    context = {
        "organization": organization,
        "by": notice.context["by"],
        "memberships": [row for row in rows if not row.has_ended(now)],
        "calendar_url": settings.SITE_URL + reverse("trainings:list"),
    }
    link = LinkTo(purpose="welcome", path=reverse("pages:organization", args=[organization.pk]))
    return Content(context=context, zone=organization.zone, link=link)


@letter("L1", "memberships.coordinator_removed", template="memberships/emails/coordinator_removed")
def build_removed(notice: Notice) -> Content:
    coordinator = _coordinator(notice)
    organization = coordinator.organization
    if Coordinator.objects.active().filter(person=coordinator.person_id, organization=organization).exists():
        raise Obsolete("The person coordinates again.")
    return Content(context={"organization": organization, "by": notice.context["by"]}, zone=organization.zone)


@letter("L15", "memberships.seats_changed", template="memberships/emails/seats_changed")
def build_seats_changed(notice: Notice) -> Content:
    """What was done stands in the context; the seats are those of when the letter leaves."""
    membership = Membership.objects.select_related("organization", "edition").get(pk=notice.context["membership"])
    mine = Coordinator.objects.active().filter(organization=membership.organization_id, person=notice.to_person_id)
    if not mine.exists():
        raise Obsolete("The person coordinates no longer.")
    context = {
        "membership": membership,
        "organization": membership.organization,
        "sentence": notice.context["sentence"],
        "meter": meter_of(membership),
        "ended": membership.has_ended(notice.claimed_at or notice.queued_at),
        "last_day": membership.cut_off(),
    }
    link = LinkTo(purpose="seats", path=reverse("pages:membership", args=[membership.pk]))
    return Content(context=context, zone=membership.organization.zone, link=link)
