"""The rules of the run about checkouts and certificates."""

from certification.enforcement.certificates import Certificates
from certification.enforcement.checkouts import CheckoutReminder, ExpireCheckout

__all__ = ["Certificates", "CheckoutReminder", "ExpireCheckout"]
