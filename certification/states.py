"""Words for what is stored of checkouts, submissions and certificates."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CheckoutState(models.TextChoices):
    """What people or the run did. Open, in review and expired follow from dates and submissions (R27)."""

    UNDER_WAY = "under_way", _("under way")
    CERTIFIED = "certified", _("certified")
    CLOSED = "closed", _("closed by staff")
    WITHDRAWN = "withdrawn", _("withdrawn: attendance was corrected")


class SubmissionState(models.TextChoices):
    """R26."""

    SUBMITTED = "submitted", _("handed in")
    PASSED = "passed", _("passed")
    REPEAT = "repeat", _("to repeat")
    FAILED = "failed", _("failed")


class CertificateState(models.TextChoices):
    ISSUED = "issued", _("issued")
    REVOKED = "revoked", _("revoked")
