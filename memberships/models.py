"""Member organizations, their coordinators and memberships; reservations and the seat ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff, is_zone, today_in
from carpentries_portal.common.models import EditionRecord, ExceptionRecord
from memberships.name_models import NameQuestion as NameQuestion  # Django looks for models here
from memberships.name_models import OrganizationAlias as OrganizationAlias
from memberships.note_models import StaffNote as StaffNote
from memberships.policy import MembershipFacts
from memberships.states import Account, Event, Level


def check_zone(zone: str) -> None:
    """A field validator: an IANA zone that the portal takes."""
    if not is_zone(zone):
        raise ValidationError(_("“%(zone)s” is not a time zone. Choose one such as Europe/London."), params={"zone": zone})


class Organization(models.Model):
    """A member organization. Its zone counts its memberships' days."""

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, unique=True, editable=False)  # see actions.organization_key
    other_name = models.CharField(_("other name"), max_length=200, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, validators=[check_zone])
    zone_note = models.CharField(_("about its zone"), max_length=200, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("organization")

    def __str__(self) -> str:
        return self.name


class CoordinatorQuerySet(models.QuerySet["Coordinator"]):
    def active(self) -> Self:
        return self.filter(removed_at__isnull=True)


class Coordinator(models.Model):
    """A person who coordinates for an organization, and nobody else."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="coordinations")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="coordinators")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = CoordinatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("coordinator")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization"], condition=Q(removed_at__isnull=True), name="coordinator_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.organization}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Words for memberships. A filter that needs the zone of each is widened by a day and settled by its one-object twin."""

    def locked(self) -> Self:
        """Rows to be changed: locked until the transaction ends, without blocking who only points at them."""
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")

    def maybe_current(self, today: date) -> Self:
        return self.filter(ended_on__isnull=True, ends_on__gte=today)

    def ended_with_seats(self, before: date) -> Self:
        """Last day before the given one, with seats left. Twin of `Membership.has_ended`, for the run."""
        return self.filter(Q(ends_on__lt=before) | Q(ended_on__lt=before), available__gt=0)

    def coordinated_by(self, person_id: int) -> Self:
        return self.filter(organization__coordinators__person=person_id, organization__coordinators__removed_at__isnull=True)


class Membership(models.Model):
    """One organization, one level, one year; bound to the edition in force at its start. The counters are the ledger's sums."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    level = models.CharField(_("level"), max_length=12, choices=Level)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), help_text=_("As the contract writes it; the day itself is included."))
    ended_on = models.DateField(_("ended early on"), null=True, blank=True)
    ended_why = models.TextField(blank=True)
    edition = models.ForeignKey(EditionRecord, on_delete=models.PROTECT, related_name="+")
    contract_seats = models.PositiveIntegerField(_("seats by contract"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    source = models.CharField(max_length=200, blank=True)  # "" or where it was imported from
    source_key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    enforced_from_on = models.DateField()
    added_at = models.DateTimeField()
    round = models.PositiveIntegerField(default=0)

    granted = models.IntegerField(default=0)
    available = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    used = models.IntegerField(default=0)
    forfeited = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    moved = models.IntegerField(default=0)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="membership_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(available__gte=0, reserved__gte=0, used__gte=0, forfeited__gte=0)
                & Q(returned__gte=0, withdrawn__gte=0, moved__gte=0),
                name="membership_no_account_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(
                    granted=F("available")
                    + F("reserved")
                    + F("used")
                    + F("forfeited")
                    + F("returned")
                    + F("withdrawn")
                    + F("moved")
                ),
                name="membership_seats_add_up",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ended_why="") | Q(ended_on__isnull=False) & ~Q(ended_why=""),
                name="membership_ended_early_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["ends_on"], name="membership_ends")]

    def __str__(self) -> str:
        return f"{self.organization}, {Level(self.level).label}, {self.starts_on} to {self.last_on}"

    @property
    def last_on(self) -> date:
        return min(self.ended_on or self.ends_on, self.ends_on)

    def gainers(self) -> set[int]:
        """Who gains by an exception for it: the people who coordinate for its organization. One query."""
        return set(Coordinator.objects.active().filter(organization=self.organization_id).values_list("person", flat=True))

    def cut_off(self) -> CutOff:
        """Its last day, in the organization's zone. Needs `organization` loaded."""
        return CutOff(on=self.last_on, zone=self.organization.zone)

    def has_ended(self, now: datetime) -> bool:
        return self.cut_off().passed(now)

    def has_begun(self, now: datetime) -> bool:
        return today_in(self.organization.zone, now) >= self.starts_on

    def facts(self) -> MembershipFacts:
        """The membership as policy sees it. Needs `organization` and `edition` loaded."""
        return MembershipFacts(
            organization=self.organization.name,
            level=self.level,
            edition=self.edition.edition(),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            ended_on=self.ended_on,
            zone=self.organization.zone,
            contract_seats=self.contract_seats,
            granted=self.granted,
            available=self.available,
        )


class Reservation(models.Model):
    """What a booking's seat movements belong to. A booking above points here, so that foreign keys lean one way."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="reservations")
    reserved = models.IntegerField(default=0)
    used = models.IntegerField(default=0)
    forfeited_p4 = models.IntegerField(default=0)
    forfeited_p6 = models.IntegerField(default=0)
    forfeited_r15 = models.IntegerField(default=0)
    round = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("reservation")
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0, used__gte=0, forfeited_p4__gte=0, forfeited_p6__gte=0, forfeited_r15__gte=0),
                name="reservation_no_account_below_zero",
            )
        ]

    def __str__(self) -> str:
        return f"reservation {self.pk}"

    @property
    def booked(self) -> int:
        """The seats that its booking still counts: P4's are gone from it."""
        return self.reserved + self.used + self.forfeited_p6 + self.forfeited_r15


class LedgerEntry(models.Model):
    """One movement of seats between two accounts of a membership. Never changed or deleted; a correction is a new row."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="entries")
    reservation = models.ForeignKey(Reservation, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField()
    event = models.CharField(max_length=12, choices=Event)
    source = models.CharField(max_length=12, choices=Account)
    target = models.CharField(max_length=12, choices=Account)
    seats = models.PositiveIntegerField()
    rule = models.CharField(max_length=4, blank=True)  # the rule that moved them
    forfeit_rule = models.CharField(max_length=4, blank=True)  # the rule by which they are or were forfeited
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    subject_label = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    exception_label = models.CharField(max_length=60, blank=True)
    exception_id = models.BigIntegerField(null=True, blank=True)
    linked = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    available_after = models.IntegerField()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("seat ledger")
        constraints = [
            models.CheckConstraint(condition=Q(seats__gt=0), name="ledger_moves_at_least_one_seat"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="ledger_moves_between_two_accounts"),
            models.CheckConstraint(condition=~Q(reason=""), name="ledger_has_a_reason"),
        ]
        indexes = [models.Index(fields=["membership", "id"], name="ledger_of_membership")]

    def __str__(self) -> str:
        return f"{self.seats} {self.source} -> {self.target}"


class MembershipException(ExceptionRecord):
    """An exception to a rule about one membership: R12 and P1 for returned seats, restored seats, extra seats."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="exceptions")

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("exception for a membership")
        verbose_name_plural = _("exceptions for memberships")

    def about(self) -> list[models.Model]:
        return [self, self.membership]

    def subject_text(self) -> str:
        return str(self.membership)

    def page(self) -> str:
        return reverse("pages:membership", args=[self.membership_id])

    def gainers(self) -> set[int]:
        return self.membership.gainers()

    def same_waiting(self) -> bool:
        return MembershipException.objects.waiting().filter(rule=self.rule, membership=self.membership_id).exists()

    def zone(self) -> str:
        return self.membership.organization.zone
