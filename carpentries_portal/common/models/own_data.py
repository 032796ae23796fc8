"""What people ask about their own data: a correction, or to be forgotten. Staff answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DataRequestKind(models.TextChoices):
    CORRECT = "correct", _("correct what is held")
    FORGET = "forget", _("be forgotten")


class DataRequestState(models.TextChoices):
    ASKED = "asked", _("waits for staff")
    DONE = "done", _("done")
    DECLINED = "declined", _("declined")


class DataRequest(models.Model):
    """A person's request about their own data, and the answer. What a forgotten person wrote is forgotten with them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="data_requests")
    kind = models.CharField(_("asked to"), max_length=10, choices=DataRequestKind)
    state = models.CharField(_("state"), max_length=10, choices=DataRequestState, default=DataRequestState.ASKED)
    text = models.TextField(_("in their words"), blank=True)
    keep_verifiable = models.BooleanField(_("an issued certificate stays verifiable by its number"), default=False)
    asked_at = models.DateTimeField(_("asked at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(_("note to who asked"), blank=True)

    class Meta:
        verbose_name = _("request about own data")
        verbose_name_plural = _("requests about own data")
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], condition=Q(state="asked"), name="data_request_asked_once"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True) | ~Q(state="asked") & Q(decided_at__isnull=False),
                name="data_request_decided_or_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"
