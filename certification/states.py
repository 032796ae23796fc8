"""Words for what is stored of checkouts, submissions and certificates."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CheckoutState(models.TextChoices):
    """What people or the run did. Open, in review and expired follow from dates and submissions (R27)."""

    UNDER_WAY = "under_way", _("under way")
    CERTIFIED = "certified", _("certified")
    FAILED = "failed", _("failed")
    CLOSED = "closed", _("closed by staff")
    WITHDRAWN = "withdrawn", _("withdrawn: attendance was corrected")


class SubmissionState(models.TextChoices):
    """R26."""

    SUBMITTED = "submitted", _("handed in")
    PASSED = "passed", _("passed")
    REPEAT = "repeat", _("to repeat")
    FAILED = "failed", _("failed")
    WITHDRAWN = "withdrawn", _("taken back")


class Standing(models.TextChoices):
    """How a checkout stands at an instant: what is stored, and what dates and submissions make of it (R27)."""

    OPEN = "open", _("open")
    IN_REVIEW = "in_review", _("in review")
    COMPLETE = "complete", _("all exercises passed")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")
    CLOSED = "closed", _("closed by staff")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CERTIFIED = "certified", _("certified")


class CertificateState(models.TextChoices):
    ISSUED = "issued", _("issued")
    REVOKED = "revoked", _("revoked")
