"""Who a session belongs to: asked on each page, so the read is prepared."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared


@prepared
def _person(pk: Any) -> QuerySet[Person]:
    return Person.objects.filter(pk=pk)


class PersonBackend(ModelBackend):
    """As Django's; people have no passwords, they come by a code, a link or an invitation."""

    def get_user(self, user_id: int) -> Person | None:
        person = first(_person(pk=user_id))
        return person if person is not None and self.user_can_authenticate(person) else None
