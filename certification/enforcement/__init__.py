"""The rules of the run about checkouts and certificates."""

from certification.enforcement.checkouts import CheckoutReminder, ExpireCheckout

__all__ = ["CheckoutReminder", "ExpireCheckout"]
