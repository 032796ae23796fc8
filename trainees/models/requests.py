"""Requests to change a roster that is closed (P7): what the coordinator asks for, line by line, and what staff decided."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.models import ExceptionRecord, Person, email_key
from trainees.models.places import Place
from trainees.states import LineKind
from trainings.models import Booking, Training


class RosterRequest(ExceptionRecord):
    """A change of one team's list that staff accept as a whole, or decline. One waits at a time: a second could contradict it."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="roster_requests")
    taken_back_at = models.DateTimeField(
        _("taken back at"), null=True, blank=True
    )  # by the team's coordinators, before staff decided

    class Meta(ExceptionRecord.Meta):
        verbose_name = _("request to change a list")
        verbose_name_plural = _("requests to change a list")
        constraints = [
            *ExceptionRecord.Meta.constraints,
            models.UniqueConstraint(fields=["booking"], condition=Q(state="asked"), name="rosterrequest_one_waits"),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | Q(state="declined", decided_at=F("taken_back_at")),
                name="rosterrequest_taken_back_is_decided",
            ),
        ]

    @property
    def done_by_approval(self) -> bool:
        return True

    def about(self) -> list[models.Model]:
        return [self, self.booking, self.booking.training, self.booking.membership]

    def subject_text(self) -> str:
        values = {"organization": self.booking.membership.organization, "training": self.booking.training}
        return gettext("%(organization)s at %(training)s") % values

    def page(self) -> str:
        return reverse("trainees:people", args=[self.booking_id])

    def admin_path(self) -> str:
        """The page with the whole change and the one button that accepts it."""
        return reverse("admin:trainees_rosterrequest_button", args=[self.pk, "approve"])

    def zone(self) -> str:
        return self.booking.training.zone

    def reader_zone(self) -> str:
        return self.booking.site_zone

    def default_until(self) -> datetime:
        return self.booking.training.starts_at

    def details(self) -> list[str]:
        return [line.words() for line in self.lines.select_related("place").order_by("pk")]

    def gainers(self) -> set[int]:
        """The team's coordinators, and whom the lines are about: who comes, who leaves, who is listed otherwise."""
        lines = list(self.lines.select_related("place")) if self.pk else []
        people = Person.objects.filter(email_key__in=[line.email_key for line in lines if line.email_key])
        return {
            *self.booking.gainers(),
            *(line.place.person_id for line in lines if line.place is not None),
            *people.values_list("pk", flat=True),
        }

    def lock_subject(self) -> None:
        Training.objects.locked().get(pk=self.booking.training_id)

    def same_waiting(self) -> bool:
        return RosterRequest.objects.waiting().filter(booking=self.booking_id).exists()


class RosterLine(models.Model):
    """One change of a request: who comes, who leaves, or how somebody is to be listed. Names as they were when it was asked."""

    request = models.ForeignKey(RosterRequest, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=10, choices=LineKind)
    # a place goes only where its list is undone without a trace (P13); then this goes too
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.CASCADE, related_name="roster_lines")
    was = models.CharField(_("listed until now as"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)  # a new one; empty: it stays
    email_key = models.CharField(max_length=254, blank=True, db_index=True, editable=False)
    location = models.CharField(_("location"), max_length=200, blank=True)
    remote = models.BooleanField(_("takes part alone"), default=False)

    class Meta:
        verbose_name = _("line of a request")
        constraints = [
            models.UniqueConstraint(fields=["request", "place"], condition=Q(place__isnull=False), name="rosterline_once_a_place"),
            models.CheckConstraint(
                condition=Q(kind="comes", place__isnull=True, was="") & ~Q(name="") & ~Q(email="")
                | Q(kind="leaves", place__isnull=False, name="", email="") & ~Q(was="")
                | Q(kind="changes", place__isnull=False) & ~Q(name="") & ~Q(was=""),
                name="rosterline_says_what_its_kind_needs",
            ),
        ]

    def __str__(self) -> str:
        return self.words()

    def save(self, **options: object) -> None:
        self.email_key = email_key(self.email)
        super().save(**options)  # type: ignore[arg-type]  # Django's own options

    def words(self) -> str:
        """The change in a sentence, as staff and the coordinator read it."""
        where = gettext("alone, from elsewhere") if self.remote else self.location
        values = {"was": self.was, "name": self.name, "email": self.email, "where": where}
        if self.kind == LineKind.LEAVES:
            return gettext("%(was)s leaves.") % values
        if self.kind == LineKind.COMES:
            text = gettext("%(name)s comes (%(email)s; %(where)s).") if where else gettext("%(name)s comes (%(email)s).")
            return text % values
        parts = [gettext("is listed as “%(name)s”")] if self.name != self.was else []
        parts += [gettext("has the address %(email)s")] if self.email else []
        parts += [gettext("sits at: %(where)s")] if where else [] if parts else [gettext("sits with the team")]
        return gettext("%(was)s: %(what)s.") % {"was": self.was, "what": "; ".join(parts) % values}
