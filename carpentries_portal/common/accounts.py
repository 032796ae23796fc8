"""Logging in: allauth, without sign-up, its mail through the outbox."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from carpentries_portal.common import clock, notices
from carpentries_portal.common.models import Person


class AccountAdapter(DefaultAccountAdapter):
    """People are added by what they do here (a coordinator, a trainee), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The code to log in is owed by the outbox like any letter; allauth has nothing else to say. An entrance: it reads the clock."""
        person = Person.objects.with_email(email)
        if template_prefix != "account/email/login_code" or person is None:
            return
        # Each request is an occasion of its own: it has its own code.
        occasion = f"code:{secrets.token_hex(8)}"
        code = {"code": str(context["code"])}
        notices.queue(letter="common.login_code", to=person, occasion=occasion, about=person, context=code, now=clock.now())
