"""What the search finds of people: by name, folded, and by address."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched

MOST = 50


def matching(query: Query) -> Q:
    """People whose name or address has what was typed in it. The keys are folded alike on every database."""
    return Q(name_key__icontains=query.key) | Q(email_key__icontains=email_key(query.text))


def people(query: Query) -> list[Hit]:
    if not query.key:
        return []
    rows = Person.objects.filter(matching(query), forgotten_at__isnull=True).order_by("name_key", "pk")[: SHOWN + 1]
    return [Hit(row.pk, str(row), _state(row)) for row in rows]


def ids_of_people(query: Query) -> list[int]:
    """Of the first fifty, for what is found by its person."""
    rows = Person.objects.filter(matching(query)).order_by("name_key", "pk").values_list("pk", flat=True)
    return query.once("people", lambda: rows[:MOST])


def _state(row: Person) -> str:
    if row.merged_into_id is not None:
        return _("%(address)s: merged into another person") % {"address": row.email}
    return _("%(address)s: staff") % {"address": row.email} if row.is_staff else row.email


def register() -> None:
    """Called when the app is ready."""
    SEARCHES.add("people", Searched(gettext_lazy("People"), Person, people))
