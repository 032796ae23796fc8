"""Logging in: allauth, without sign-up, its mail through the outbox."""

from __future__ import annotations

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
        """The code to log in is owed by the outbox like any letter. This is an entrance: it reads the clock."""
        person = Person.objects.with_email(email)
        if person is None or "code" not in context:
            return
        code = str(context["code"])
        now = clock.now()
        notices.queue(
            letter="common.login_code", to=person, occasion=f"code:{now.isoformat()}", about=person, context={"code": code}, now=now
        )
