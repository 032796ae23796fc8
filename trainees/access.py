"""Who may see a place: the person, the coordinators of its booking, its trainers, staff. A stranger gets 404."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from carpentries_portal.common.models import Person
from trainees.models import Place
from trainees.states import PlaceState
from trainings.models import Training


def own_place_or_404(place_id: int, *, person: Person | AnonymousUser) -> Place:
    """A trainee's own place, with what its page shows. Also one that was taken off the roster: its page says so."""
    if not isinstance(person, Person):
        raise Http404
    rows = Place.objects.select_related(
        "training__edition", "booking__membership__organization", "booking__membership__edition", "person", "application"
    )
    place = rows.filter(pk=place_id, person=person.pk).first()
    if place is None:
        raise Http404
    return place


def team_place_or_404(place_id: int, *, person: Person | AnonymousUser) -> Place:
    """A place for the coordinators of its team. Raises Http404 for everybody else, the person themselves included."""
    if not isinstance(person, Person):
        raise Http404
    organization = "booking__membership__organization__coordinators"
    mine = {f"{organization}__person": person.pk, f"{organization}__removed_at__isnull": True}
    rows = Place.objects.filter(pk=place_id, **mine)
    place = rows.select_related("training__edition", "booking__membership__organization", "person").first()
    if place is None:
        raise Http404
    return place


def is_active(place: Place) -> bool:
    return place.state == PlaceState.ACTIVE


def roll_call_or_404(code: str, *, person: Person | AnonymousUser) -> Training:
    """A training for who keeps its roll call: its trainers, and staff. Raises Http404 for everybody else."""
    if not isinstance(person, Person):
        raise Http404
    rows = Training.objects.filter(code=code).select_related("edition")
    if not person.is_staff:
        rows = rows.filter(training_trainers__trainer__person=person.pk)
    training = rows.first()
    if training is None:
        raise Http404
    return training
