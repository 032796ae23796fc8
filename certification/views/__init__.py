"""Pages of checkouts and certificates."""

from certification.views.certificates import download, verify, verify_number
from certification.views.checkouts import checkout

__all__ = ["checkout", "download", "verify", "verify_number"]
