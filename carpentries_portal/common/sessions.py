"""The engine of sessions: in the database, each with its person (settings: SESSION_ENGINE)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from carpentries_portal.common.models.sessions import PortalSession


class SessionStore(DatabaseStore):
    """As Django's; whoever logs in stands in the row too."""

    @classmethod
    def get_model_class(cls) -> Any:
        return PortalSession

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.person_id = int(data[SESSION_KEY]) if str(data.get(SESSION_KEY, "")).isdigit() else None
        return row
