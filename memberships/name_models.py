"""Other names of organizations, and the question to staff whether two names are one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memberships.states import Answer


class OrganizationAlias(models.Model):
    """Another name of an organization, by which imports find it. A name belongs to one."""

    organization = models.ForeignKey("memberships.Organization", on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, unique=True, editable=False)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")

    def __str__(self) -> str:
        return self.name


class NameQuestion(models.Model):
    """Is a name of a file the organization that it is near to? Staff answer, once a name."""

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, unique=True, editable=False)
    near = models.ForeignKey("memberships.Organization", on_delete=models.PROTECT, related_name="+", verbose_name=_("near to"))
    source = models.CharField(_("found in"), max_length=200)
    asked_at = models.DateTimeField(_("asked at"))
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("question about a name")
        verbose_name_plural = _("questions about names")
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | ~Q(answer="") & Q(answered_at__isnull=False),
                name="name_question_answered_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} / {self.near}"
