"""What the search finds of people: by name, folded, and by address, also by one that was corrected since."""

from __future__ import annotations

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.models import JournalSubject, Person, email_key
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched

MOST = 50


def matching(query: Query) -> Q:
    """People whose name or address has what was typed in it. The keys are folded alike on every database."""
    mine = Q(name_key__icontains=query.key) | Q(email_key__icontains=email_key(query.text))
    former = _ids_by_former_address(query)
    return mine | Q(pk__in=former, forgotten_at__isnull=True) if former else mine


def _ids_by_former_address(query: Query) -> list[int]:
    """Whose address it was until it was corrected. The journal alone keeps it; an index has its lines of that kind, so few are read."""
    rows = JournalSubject.objects.filter(
        label=Person._meta.label_lower,
        entry__what="person_corrected",
        entry__old__email__icontains=email_key(query.text),
    )
    return query.once("former", lambda: rows.order_by("-entry").values_list("object_id", flat=True)[:MOST])


def _matches(query: Query) -> list[int]:
    """Of the first fifty; those that were forgotten come last. Read once, with whom they were merged into."""
    if "matches" not in query.known:
        rows = Person.objects.filter(matching(query)).order_by(F("forgotten_at").asc(nulls_first=True), "name_key", "pk")
        found = list(rows.values_list("pk", Coalesce("merged_into", "pk"))[:MOST])
        query.once("people", lambda: [kept for _pk, kept in found])
        query.once("matches", lambda: [pk for pk, _kept in found])
    return query.known["matches"]


def people(query: Query) -> list[Hit]:
    if not query.key:
        return []
    rows = Person.objects.filter(pk__in=_matches(query), forgotten_at__isnull=True).order_by("name_key", "pk")[: SHOWN + 1]
    return [Hit(row.pk, str(row), _state(row, query)) for row in rows]


def ids_of_people(query: Query) -> list[int]:
    """Of the first fifty, for what is found by its person. One who was merged has nothing left: what was theirs is the kept person's."""
    _matches(query)
    return query.known["people"]


def _state(row: Person, query: Query) -> str:
    if row.merged_into_id is not None:
        return _("%(address)s: merged into another person") % {"address": row.email}
    state = _("%(address)s: staff") % {"address": row.email} if row.is_staff else row.email
    if query.key in row.name_key or email_key(query.text) in row.email_key:
        return state
    return _("%(state)s (found by an address of before)") % {"state": state}


def register() -> None:
    """Called when the app is ready."""
    SEARCHES.add("people", Searched(gettext_lazy("People"), Person, people))
