"""Checkouts with what was handed in, the exceptions about them, and certificates with their revisions."""

from certification.models.certificates import Certificate, CertificateRevision, Reissue
from certification.models.checkouts import STORY, Checkout, Submission
from certification.models.exceptions import CheckoutException

__all__ = ["STORY", "Certificate", "CertificateRevision", "Checkout", "CheckoutException", "Reissue", "Submission"]
