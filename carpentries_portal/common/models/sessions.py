"""Sessions that know whose they are, so that a person's can be seen and ended."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class PortalSession(AbstractBaseSession):
    """As Django's, with its person; nobody's before they log in."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="portal_sessions",
        db_constraint=False,  # a browser may still send the session of a person whom an undone list took away again (P13)
    )

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"session until {self.expire_date:%Y-%m-%d %H:%M}"

    @classmethod
    def get_session_store_class(cls) -> type:
        from carpentries_portal.common.sessions import SessionStore  # it imports this module

        return SessionStore
