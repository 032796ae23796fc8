"""The app certification."""

from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from certification import (  # noqa: F401  # they register themselves
            audit,
            certificate_admin,
            certificate_desk,
            certificate_emails,
            certificate_own_data,
            desk,
            emails,
            explain,
            own_data,
            receivers,
        )
        from certification.certificate_enforcement import Certificates
        from certification.enforcement import CheckoutReminder, ExpireCheckout

        RULES.add("R27", ExpireCheckout())
        RULES.add("R29", Certificates())
        RULES.add("L11", CheckoutReminder())
        for part in (audit, desk, certificate_desk, own_data, certificate_own_data, explain):
            part.register()
