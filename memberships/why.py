"""Why?, for memberships: the ledger in words, the seats by account as of any day, and what is asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.asked import Asked
from carpentries_portal.common.why import KINDS, SOURCES, Kind, Line, Source, Story, add_asked
from carpentries_portal.common.why.timeline import Points
from memberships.models import Coordinator, LedgerEntry, Membership, MembershipException, Organization
from memberships.states import Account


def balances(rows: Q, until: datetime | None) -> list[tuple[str, int]]:
    """Seats by account, summed up from the ledger's entries before an instant (None: all). One query."""
    before = Q(at__lt=until) if until is not None else Q()
    sums = {
        account.value: Coalesce(Sum(Case(When(target=account, then=F("seats")), When(source=account, then=-F("seats")))), 0)
        for account in Account
    }
    found = LedgerEntry.objects.filter(rows, before).aggregate(**sums)
    found[Account.GRANTED.value] = -found[Account.GRANTED.value]  # the source of all: what left it
    return [(str(account.label), found[account.value]) for account in Account]


def of_membership(pk: int) -> Story | None:
    row = Membership.objects.select_related("organization", "edition").filter(pk=pk).first()
    if row is None:
        return None
    mine = Q(membership=pk)
    return Story(
        title=str(row),
        zone=row.organization.zone,
        scope={
            "memberships.membership": [pk],
            "trainings.booking": row.bookings.values("pk"),
            "trainees.place": row.bookings.filter(places__isnull=False).values("places__pk"),
        },
        edition=row.edition.name,
        balance=lambda until: balances(mine, until),
        seats_of=mine,
    )


def of_organization(pk: int) -> Story | None:
    row = Organization.objects.filter(pk=pk).first()
    if row is None:
        return None
    scope = {
        "memberships.organization": [pk],
        "memberships.membership": Membership.objects.filter(organization=pk).values("pk"),
        "memberships.coordinator": Coordinator.objects.filter(organization=pk).values("pk"),
    }
    return Story(title=row.name, zone=row.zone, scope=scope, seats_of=Q(membership__organization=pk))


def _moves(story: Story, until: datetime | None) -> Points:
    mine = story.seats_of if story.seats_of is not None else Q(pk__in=[])
    return LedgerEntry.objects.filter(mine, Q(at__lt=until) if until is not None else Q())


def _move_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    rows = LedgerEntry.objects.filter(pk__in=keys).select_related(
        "by", "membership__edition", "reservation__booking__training__edition"
    )
    return {row.pk: _move_line(row) for row in rows}


def _move_line(row: LedgerEntry) -> Line:
    seats = ngettext("%(n)d seat: %(from)s → %(to)s", "%(n)d seats: %(from)s → %(to)s", row.seats)
    moved = seats % {"n": row.seats, "from": row.get_source_display(), "to": row.get_target_display()}
    booking = getattr(row.reservation, "booking", None) if row.reservation_id else None
    edition = booking.training.edition.name if booking is not None else row.membership.edition.name
    changes = [moved, _("available after it: %(n)d") % {"n": row.available_after}]
    if booking is not None:
        changes.append(
            _("of the team at the training %(code)s") % {"code": booking.training.code}
        )  # its dates may have moved since
    return Line(
        key=f"seats-{row.pk}",
        at=row.at,
        group="seats",
        what=row.get_event_display(),
        why=row.reason,
        who=str(row.by or ""),
        rule=row.rule or row.forfeit_rule,
        edition=edition,
        changes=changes,
        url=reverse("admin:memberships_ledgerentry_change", args=[row.pk]),
    )


def register() -> None:
    """Called when the app is ready."""
    KINDS.add("membership", Kind(Membership, of_membership))
    KINDS.add("organization", Kind(Organization, of_organization))
    SOURCES.add("seats", Source(group="seats", rows=_moves, at=lambda until: F("at"), lines=_move_lines))
    add_asked(
        Asked(
            name="membership",
            title=gettext_lazy("memberships and seats"),
            model=MembershipException,
            member="membership__organization",
            related=("membership__organization", "asked_by"),
            subject=lambda row: ("membership", row.membership_id),
        )
    )
