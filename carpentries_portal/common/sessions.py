"""The engine of sessions: in the database, each with its person (settings: SESSION_ENGINE)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.db.models.functions import Now

from carpentries_portal.common.models.sessions import PortalSession
from carpentries_portal.common.prepared import first, prepared


@prepared
def _alive(session_key: Any) -> QuerySet[PortalSession]:
    return PortalSession.objects.filter(session_key=session_key, expire_date__gt=Now())


class SessionStore(DatabaseStore):
    """As Django's; whoever logs in stands in the row too."""

    @classmethod
    def get_model_class(cls) -> Any:
        return PortalSession

    def _get_session_from_db(self) -> Any:
        row = first(_alive(session_key=self.session_key))
        if row is None:
            self._session_key = None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.person_id = int(data[SESSION_KEY]) if str(data.get(SESSION_KEY, "")).isdigit() else None
        return row
