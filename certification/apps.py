"""The app certification."""

from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from carpentries_portal.common.enforcement import RULES
        from certification import certificate_admin, certificate_desk, certificate_emails, certificate_own_data, emails, receivers  # noqa: F401  # they register themselves
        from certification.certificate_enforcement import Certificates

        RULES.add("R29", Certificates())
        certificate_desk.register()
        certificate_own_data.register()
