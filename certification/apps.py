"""The app certification."""

from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from certification import (  # noqa: F401  # they register themselves
            audit,
            certificate_admin,
            certificate_audit,
            certificate_desk,
            certificate_emails,
            certificate_own_data,
            desk,
            emails,
            explain,
            figures,
            merging,
            own_data,
            receivers,
            searching,
            why,
        )
        from certification.enforcement import Certificates, CheckoutReminder, ExpireCheckout

        RULES.add("R27", ExpireCheckout())
        RULES.add("L11", CheckoutReminder())
        RULES.add("R29", Certificates())
        for part in (
            audit,
            certificate_audit,
            own_data,
            certificate_own_data,
            desk,
            certificate_desk,
            explain,
            figures,
            merging,
            why,
            searching,
        ):
            part.register()
