"""The app certification."""

from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from certification import audit, desk, emails, explain, own_data, receivers  # noqa: F401  # emails and receivers register themselves
        from certification.enforcement import CheckoutReminder, ExpireCheckout

        RULES.add("R27", ExpireCheckout())
        RULES.add("L11", CheckoutReminder())
        audit.register()
        own_data.register()
        desk.register()
        explain.register()
