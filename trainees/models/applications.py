"""The application form of a trainee (R17): one for a place, saved as one goes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trainees.models.places import Place


class Application(models.Model):
    """A trainee's answers. Empty answers are allowed until it is finished; `finished_at` says when it first was complete."""

    place = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="application")
    certificate_name = models.CharField(_("name as it shall stand on the certificate"), max_length=200, blank=True)
    pronouns = models.CharField(_("pronouns"), max_length=60, blank=True)
    affiliation = models.CharField(_("affiliation"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166
    occupation = models.CharField(_("occupation"), max_length=40, blank=True)
    occupation_other = models.CharField(_("occupation, in your own words"), max_length=200, blank=True)
    expertise = models.JSONField(_("areas of expertise"), default=list, blank=True)
    expertise_other = models.CharField(_("other areas"), max_length=200, blank=True)
    involvement = models.JSONField(_("involvement with The Carpentries so far"), default=list, blank=True)
    teaching_training = models.CharField(_("training in teaching"), max_length=40, blank=True)
    teaching_experience = models.CharField(_("experience in teaching"), max_length=40, blank=True)
    accessibility = models.TextField(_("what would help you to take part"), blank=True)  # staff only
    agreed_at = models.DateTimeField(_("agreed to the code of conduct at"), null=True, blank=True)
    saved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("application")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(agreed_at__isnull=False) & ~Q(certificate_name=""),
                name="application_finished_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"application for place {self.place_id}"
