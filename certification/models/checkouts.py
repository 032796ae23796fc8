"""The checkout: the homework period of one person after one training (R25-R28), and each piece of work handed in."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff
from certification.states import CheckoutState, SubmissionState
from trainees.models import Place

STORY = ("place__training__edition", "place__booking__membership__organization", "place__person")


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    """Words for checkouts."""

    def under_way(self) -> Self:
        return self.filter(state=CheckoutState.UNDER_WAY)

    def locked(self) -> Self:
        """Rows to be changed, by id: what is decided about a checkout is decided under its lock."""
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")

    def with_story(self) -> Self:
        """With all that the rules and pages look at, but the submissions."""
        return self.select_related(*STORY)

    def of_person(self, person_id: int) -> Self:
        return self.filter(place__person=person_id)


class Checkout(models.Model):
    """Opened by confirmed attendance; due on a whole day in the training's zone. What is open, in review or expired is computed."""

    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="checkout")
    state = models.CharField(max_length=10, choices=CheckoutState, default=CheckoutState.UNDER_WAY)
    opened_at = models.DateTimeField()
    first_due_on = models.DateField(_("first due on"))  # last day + 90 (R25)
    due_on = models.DateField(_("due on"))  # in force: with its extensions
    enforced_from_on = models.DateField()  # no rule acts on a cut-off before this day
    expired_on = models.DateField(
        null=True, blank=True
    )  # as the run recorded it, so that it looks at it once; whether it *is* expired is computed
    complete = models.BooleanField(default=False)  # under way with every exercise passed, as its last change left it (R29)
    late_days = models.PositiveSmallIntegerField(default=0)  # by which attendance was confirmed late; 0 in time (R25)
    late_settled_at = models.DateTimeField(null=True, blank=True)  # the extension for it was given, or let go (R25)
    round = models.PositiveIntegerField(default=0)  # raised by each extension and reopening
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_why = models.TextField(blank=True)

    objects = CheckoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkout")
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=models.F("first_due_on")), name="checkout_due_never_earlier_than_first"),
            models.CheckConstraint(
                condition=Q(state="under_way", ended_at__isnull=True) | ~Q(state="under_way") & Q(ended_at__isnull=False),
                name="checkout_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "closed", "withdrawn"]) | ~Q(ended_why=""), name="checkout_closed_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(state="under_way", expired_on__isnull=True), name="checkout_due"),
            models.Index(
                fields=["due_on", "id"],
                condition=Q(state="under_way", late_days__gt=0, late_settled_at__isnull=True),
                name="checkout_late",
            ),
            models.Index(fields=["due_on", "id"], condition=Q(state="under_way", complete=True), name="checkout_complete"),
        ]

    def __str__(self) -> str:
        return f"checkout of {self.place}"

    def gainers(self) -> set[int]:
        """Who gains by an exception for it."""
        return self.place.gainers()

    def due(self) -> CutOff:
        """The day by which the work is done, in the training's zone; that whole day (R25)."""
        return CutOff(on=self.due_on, zone=self.place.training.zone)


def submission_path(submission: Submission, filename: str) -> str:
    """Where an uploaded file is kept: under a name of our own, never the sender's."""
    return f"submissions/{submission.checkout_id}/{submission.file_token}"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Words for submissions."""

    def waiting(self) -> Self:
        return self.filter(state=SubmissionState.SUBMITTED, checkout__state=CheckoutState.UNDER_WAY)


class Submission(models.Model):
    """One piece of work for one exercise (R26). The day it was done decides: claimed by the trainee, confirmed by the reviewer."""

    checkout = models.ForeignKey(Checkout, on_delete=models.PROTECT, related_name="submissions")
    exercise = models.CharField(_("exercise"), max_length=40)  # the edition's code
    state = models.CharField(max_length=10, choices=SubmissionState, default=SubmissionState.SUBMITTED)
    done_on = models.DateField(_("done on"))  # as the trainee says, in the training's zone
    confirmed_on = models.DateField(_("confirmed as done on"), null=True, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    file = models.FileField(upload_to=submission_path, max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)  # as the sender called it; shown, never a path
    file_token = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # taken back before it was reviewed
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    feedback = models.TextField(_("feedback"), blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        constraints = [
            models.UniqueConstraint(
                fields=["checkout", "exercise"],
                condition=Q(state__in=["submitted", "passed"]),
                name="submission_one_live_per_exercise",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "withdrawn"], reviewed_at__isnull=True)
                | ~Q(state__in=["submitted", "withdrawn"]) & Q(reviewed_at__isnull=False),
                name="submission_reviewed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False) | ~Q(state="withdrawn") & Q(withdrawn_at__isnull=True),
                name="submission_withdrawn_has_time",
            ),
            models.CheckConstraint(
                condition=Q(file="", file_token="", file_name="") | ~Q(file="") & ~Q(file_token=""),
                name="submission_file_has_a_token",
            ),
            models.CheckConstraint(
                condition=~Q(state="passed") | Q(confirmed_on__isnull=False), name="submission_passed_has_a_confirmed_day"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["repeat", "failed"]) | ~Q(feedback=""), name="submission_no_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at", "id"], condition=Q(state="submitted"), name="submission_waits"),
            models.Index(fields=["checkout", "confirmed_on"], condition=Q(state="passed"), name="submission_passed"),
        ]

    def __str__(self) -> str:
        return f"{self.exercise} of {self.checkout_id}: {self.get_state_display()}"
