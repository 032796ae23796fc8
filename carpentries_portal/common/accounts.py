"""Logging in: allauth, without sign-up and without passwords, its mail through the outbox."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import clock, notices
from carpentries_portal.common.models import Person

FACTOR_LETTERS = {
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/webauthn_added": "key_added",
    "mfa/email/webauthn_removed": "key_removed",
    "mfa/email/recovery_codes_generated": "codes_made",
}
"""What allauth says of second factors, and the word under which our letter says it."""


class AccountAdapter(DefaultAccountAdapter):
    """People are added by what they do here (a coordinator, a trainee), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """Whoever has a second factor confirms by it; nobody by a password, which a superuser may have from the command line."""
        return bool(Authenticator.objects.filter(user=self.request.user).exists())

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """An app or a recovery code, a key. allauth's own asks for the password too, which has no page here."""
        if not user.is_authenticated:
            return []
        types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        return [way for way in _ways() if types & way["types"]]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Our letters, owed by the outbox: the code to log in, and what became of second factors. An entrance: it reads the clock."""
        person = Person.objects.with_email(email)
        # Each request is an occasion of its own: it has its own code.
        occasion = f"code:{secrets.token_hex(8)}"
        if person is not None and template_prefix == "account/email/login_code":
            code = {"code": str(context["code"])}
            notices.queue(letter="common.login_code", to=person, occasion=occasion, about=person, context=code, now=clock.now())
        elif person is not None and template_prefix in FACTOR_LETTERS:
            what = {"what": FACTOR_LETTERS[template_prefix]}
            notices.queue(letter="common.factor_changed", to=person, occasion=occasion, about=person, context=what, now=clock.now())


def _ways() -> list[dict[str, Any]]:

    return [
        {
            "id": "mfa_reauthenticate",
            "description": _("Use a code of your app, or a recovery code"),
            "url": reverse("mfa_reauthenticate"),
            "types": {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES},
        },
        {
            "id": "mfa_reauthenticate:webauthn",
            "description": _("Use your passkey"),
            "url": reverse("mfa_reauthenticate_webauthn"),
            "types": {Authenticator.Type.WEBAUTHN},
        },
    ]
