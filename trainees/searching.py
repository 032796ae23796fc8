"""What the search finds of places: those of the people who are found."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.people_search import ids_of_people
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched
from trainees.models import Place
from trainees.states import PlaceState


def places(query: Query) -> list[Hit]:
    if not query.key:
        return []
    rows = Place.objects.filter(person__in=ids_of_people(query)).select_related("training")
    return [Hit(row.pk, str(row), _state(row)) for row in rows.order_by("-added_at", "-pk")[: SHOWN + 1]]


def _state(row: Place) -> str:
    if row.state == PlaceState.REMOVED:
        return str(row.get_state_display())
    return _("%(state)s, %(outcome)s") % {"state": row.get_state_display(), "outcome": row.get_outcome_display()}


def register() -> None:
    """Called when the app is ready."""
    SEARCHES.add("places", Searched(gettext_lazy("Places"), Place, places))
