"""Exceptions (R19): the abstract base. Each app whose rules are bent has its own table, so that foreign keys stay real."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.handbook import ExceptionUsed
from carpentries_portal.common.models.people import Person


class ExceptionState(models.TextChoices):
    ASKED = "asked", _("waits for staff")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")
    REVOKED = "revoked", _("revoked")


class ExceptionQuerySet(models.QuerySet["ExceptionRecord"]):
    """Words for exceptions; those that depend on time take it."""

    def waiting(self) -> Self:
        return self.filter(state=ExceptionState.ASKED)

    def in_force(self, now: datetime) -> Self:
        """Approved, not used up, and not ended: the twin of `ExceptionRecord.is_in_force`."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=now), state=ExceptionState.APPROVED, used_at__isnull=True)


class ExceptionRecord(models.Model):
    """One rule bent for one subject: who asked for what and why, who decided, and until when it holds."""

    rule = models.CharField(_("rule"), max_length=4)
    state = models.CharField(_("state"), max_length=10, choices=ExceptionState, default=ExceptionState.ASKED)
    asked_for = models.CharField(_("asked for"), max_length=300, blank=True)
    reason = models.TextField(_("reason"))
    refusal = models.TextField(_("what was refused"), blank=True)  # the verdict's sentence at the time
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    to_date = models.DateField(_("to the date"), null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.TextField(_("note to who asked"), blank=True)
    until = models.DateTimeField(_("holds until"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = ExceptionQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True) | Q(~Q(state="asked"), decided_at__isnull=False),
                name="%(class)s_decided_or_waiting",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(state__in=["approved", "revoked"]), name="%(class)s_used_only_if_approved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.asked_for or self.reason[:60]}"

    def is_in_force(self, now: datetime) -> bool:
        return self.state == ExceptionState.APPROVED and self.used_at is None and (self.until is None or now < self.until)

    def as_used(self) -> ExceptionUsed:
        """The exception as policy sees it."""
        return ExceptionUsed(
            label=self._meta.label_lower,
            id=self.pk,
            rule=self.rule,
            until=self.until,
            seats=self.seats,
            to_date=self.to_date,
            note=self.note,
        )

    # What each concrete table answers about its subject.

    def about(self) -> list[models.Model]:
        """The rows that the journal and the desk find it from; itself first."""
        raise NotImplementedError

    def subject_text(self) -> str:
        """What it is about, in words: "University of Florida at 19-20 Apr 2018, Chicago"."""
        raise NotImplementedError

    def page(self) -> str:
        """The path of the page where who asked sees what follows."""
        raise NotImplementedError

    def told(self) -> list[Person]:
        """Who gets the letters about it: who asked, and whoever else it was asked for."""
        return [self.asked_by] if self.asked_by is not None else []

    def page_for(self, person: Person) -> str:
        """The path where this one of `told` sees what follows."""
        return self.page()

    def zone(self) -> str:
        """The zone in which its dates are meant."""
        raise NotImplementedError

    def reader_zone(self) -> str:
        """The zone in which who asked reads dates, where they have not chosen one."""
        return self.zone()

    def gainers(self) -> set[int]:
        """The ids of the people who gain by it: they do not decide it."""
        raise NotImplementedError

    @property
    def done_by_approval(self) -> bool:
        """Whether an approval carries out itself what was asked for, so that nothing is left to use."""
        return False

    def details(self) -> list[str]:
        """What exactly is asked for, in sentences; empty where `asked_for` says it all."""
        return []

    def default_until(self) -> datetime | None:
        """The end that an approval is offered first."""
        return None

    def change_path(self) -> str:
        """Staff's page of the row."""
        return reverse(f"admin:{self._meta.app_label}_{self._meta.model_name}_change", args=[self.pk])

    def admin_path(self) -> str:
        """Where staff decide it."""
        return self.change_path()

    def lock_subject(self) -> None:
        """Take the subject's lock, which comes before the record's own: whoever changes the subject may decide its requests."""

    def same_waiting(self) -> bool:
        """Whether the same request waits already."""
        raise NotImplementedError
