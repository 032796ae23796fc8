"""Why?, for places: what belongs to one person at one training, and what is asked about lists and people."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy

from carpentries_portal.common.asked import Asked
from carpentries_portal.common.why import KINDS, Kind, Story, add_asked
from trainees.models import Place, PlaceException, RosterRequest


def of_place(pk: int) -> Story | None:
    row = Place.objects.select_related("training__edition").filter(pk=pk).first()
    if row is None:
        return None
    return Story(
        title=str(row),
        zone=row.training.zone,
        scope={"trainees.place": [pk]},
        edition=row.training.edition.name,
        seats_of=Q(subject_label="trainees.place", subject_id=pk),
    )


def register() -> None:
    """Called when the app is ready."""
    KINDS.add("place", Kind(Place, of_place))
    add_asked(
        Asked(
            name="list",
            title=gettext_lazy("changes of a list"),
            model=RosterRequest,
            member="booking__membership__organization",
            related=("booking__training__edition", "booking__membership__organization", "asked_by"),
            subject=lambda row: ("booking", row.booking_id),
        )
    )
    add_asked(
        Asked(
            name="person",
            title=gettext_lazy("people at a training"),
            model=PlaceException,
            member="place__booking__membership__organization",
            related=("place__training__edition", "place__booking", "asked_by"),
            subject=lambda row: ("place", row.place_id),
        )
    )
