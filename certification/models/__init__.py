"""Checkouts with what was handed in, the exceptions about them, and certificates with their revisions."""

from certification.models.certificates import Certificate, CertificateRevision, Reissue
from certification.models.checkouts import Checkout, Submission
from certification.models.exceptions import CheckoutException

__all__ = ["Certificate", "CertificateRevision", "Checkout", "CheckoutException", "Reissue", "Submission"]
