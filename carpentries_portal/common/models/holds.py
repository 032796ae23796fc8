"""Holds: staff keep the run from acting on one thing until a day. An exception to the rule that would act (R19)."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.models.exceptions import ExceptionRecord


class Hold(ExceptionRecord):
    """Its subject is a label and an id, as everywhere in the run: the things that rules act on lie above the floor."""

    subject_label = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_words = models.CharField(_("about"), max_length=200)
    subject_zone = models.CharField(max_length=64)

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes = [models.Index(fields=["rule", "subject_label", "subject_id"], name="hold_subject")]

    def about(self) -> list[models.Model]:
        """Itself, and the thing it is about where that is still there."""
        thing = apps.get_model(self.subject_label)._default_manager.filter(pk=self.subject_id).first()
        return [self] if thing is None else [self, thing]

    def subject_text(self) -> str:
        return self.subject_words

    def page(self) -> str:
        return reverse("admin:common_hold_change", args=[self.pk])

    def zone(self) -> str:
        return self.subject_zone

    def gainers(self) -> set[int]:
        """Of the thing that is held, if anybody does: a training that is held is nobody's gain."""
        thing = apps.get_model(self.subject_label)._default_manager.filter(pk=self.subject_id).first()
        gainers = getattr(thing, "gainers", None)
        return set(gainers()) if gainers is not None else set()

    def same_waiting(self) -> bool:
        """Staff enter holds; nobody asks for one."""
        return False
