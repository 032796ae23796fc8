"""Certificates (R29): one valid a person; each correction is a revision under the same number, with a file and a token of its own."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from certification.models.checkouts import Checkout
from certification.states import CertificateState


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Words for certificates."""

    def valid(self) -> Self:
        return self.filter(state=CertificateState.ISSUED)


class Certificate(models.Model):
    """What a person holds: a number that can be neither guessed nor counted. What it says stands in its revisions."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certificates")
    checkout = models.ForeignKey(Checkout, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField(_("number"), max_length=40, unique=True)
    state = models.CharField(max_length=10, choices=CertificateState, default=CertificateState.ISSUED)
    issued_at = models.DateTimeField()
    issued_on = models.DateField()  # in the training's zone: the date that stands on it
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revoked_why = models.TextField(blank=True)
    doubted_at = models.DateTimeField(null=True, blank=True)  # the pass was taken back, and staff have not decided since (R29)
    forgotten_at = models.DateTimeField(null=True, blank=True)  # the person asked to be forgotten: no name is shown any more
    verifiable = models.BooleanField(default=True)  # forgotten, and not to be found even by its number

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="issued"), name="certificate_one_valid_per_person"),
            models.CheckConstraint(
                condition=Q(state="issued", revoked_at__isnull=True)
                | Q(state="revoked", revoked_at__isnull=False) & ~Q(revoked_why=""),
                name="certificate_revoked_has_time_and_reason",
            ),
        ]
        indexes = [models.Index(fields=["doubted_at"], condition=Q(doubted_at__isnull=False), name="certificate_in_doubt")]

    def __str__(self) -> str:
        return self.number

    @property
    def is_valid(self) -> bool:
        """Twin of `CertificateQuerySet.valid`."""
        return self.state == CertificateState.ISSUED


class Reissue(models.Model):
    """Many certificates drawn anew, asked for by staff: made bit by bit by a worker, so that it can be left and found again."""

    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    why = models.TextField(_("why"))
    first_on = models.DateField(_("issued from"), null=True, blank=True)
    last_on = models.DateField(_("issued to"), null=True, blank=True)
    tell = models.BooleanField(_("mail the new file"), default=False)
    total = models.PositiveIntegerField(_("certificates"))
    last_id = models.BigIntegerField(default=0)  # the last certificate that was looked at
    made = models.PositiveIntegerField(_("revisions made"), default=0)
    made_at = models.DateTimeField(_("all made at"), null=True, blank=True)

    class Meta:
        verbose_name = _("re-issue of certificates")
        verbose_name_plural = _("re-issues of certificates")
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="reissue_has_a_reason")]
        indexes = [models.Index(fields=["id"], condition=Q(made_at__isnull=True), name="reissue_to_make")]

    def __str__(self) -> str:
        return f"{self.total} certificates, {self.why[:60]}"


class RevisionQuerySet(models.QuerySet["CertificateRevision"]):
    """Words for revisions; those that depend on time take it."""

    def current(self) -> Self:
        """The newest of each certificate."""
        newer = CertificateRevision.objects.filter(certificate=OuterRef("certificate"), revision__gt=OuterRef("revision"))
        return self.filter(~Exists(newer))

    def to_draw(self) -> Self:
        """Not drawn yet, and worth it: the newest of a certificate that is valid, of somebody who was not forgotten."""
        alive = Q(certificate__state=CertificateState.ISSUED, certificate__forgotten_at__isnull=True)
        return self.filter(alive, drawn_at__isnull=True).current()


class CertificateRevision(models.Model):
    """The data as frozen at issue, and the file made of it: the same bytes at each download. The row waits until a worker has drawn it.

    The file stands in the database: it goes in with its letter in one transaction, and every web machine has it. It is small: 17 kB,
    with Chinese or Korean letters up to 150 kB.
    """

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="revisions")
    revision = models.PositiveSmallIntegerField()  # from 1
    token = models.CharField(max_length=64, unique=True)  # in the address that the QR code holds
    name = models.CharField(_("name"), max_length=200, blank=True)  # empty once forgotten
    data = models.JSONField(default=dict)  # what it attests: organization, training, days, exercises
    why = models.TextField(blank=True)  # of a correction
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reissue = models.ForeignKey(Reissue, null=True, blank=True, on_delete=models.PROTECT, related_name="revisions")
    tell = models.BooleanField(default=True)  # L14 with the file once it is drawn
    pdf = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()  # when a worker draws it; later after each failure
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision of a certificate")
        verbose_name_plural = _("revisions of certificates")
        constraints = [
            models.UniqueConstraint(fields=["certificate", "revision"], name="certificate_revision_once"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="certificate_revision_from_one"),
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=True, sha256="") | Q(drawn_at__isnull=False) & ~Q(sha256=""),
                name="revision_drawn_has_a_sum",
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(drawn_at__isnull=True), name="revision_to_draw")]

    def __str__(self) -> str:
        return f"{self.certificate_id}, revision {self.revision}"
