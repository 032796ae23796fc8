"""Pages of checkouts and certificates."""

from certification.views.checkouts import checkout

__all__ = ["checkout"]
