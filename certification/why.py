"""Why?, for checkouts, certificates and people: what belongs to each, and what is asked about exercises."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy

from carpentries_portal.common.asked import Asked
from carpentries_portal.common.models import DataRequest, Person
from carpentries_portal.common.why import KINDS, Kind, Story, add_asked
from certification.models import Certificate, Checkout, CheckoutException, Submission
from memberships.models import Coordinator
from trainees.models import Place
from trainings.models import Trainer


def of_checkout(pk: int) -> Story | None:
    row = Checkout.objects.select_related("place__training__edition").filter(pk=pk).first()
    if row is None:
        return None
    scope = {
        "certification.checkout": [pk],
        "certification.certificate": Certificate.objects.filter(checkout=pk).values("pk"),
        "certification.submission": Submission.objects.filter(checkout=pk).values("pk"),
        "trainees.place": [row.place_id],
    }
    seats = Q(subject_label="trainees.place", subject_id=row.place_id)
    training = row.place.training
    return Story(title=str(row), zone=training.zone, scope=scope, edition=training.edition.name, seats_of=seats)


def of_certificate(pk: int) -> Story | None:
    row = Certificate.objects.select_related("checkout__place__training__edition").filter(pk=pk).first()
    if row is None:
        return None
    training = row.checkout.place.training
    scope = {"certification.certificate": [pk], "certification.checkout": [row.checkout_id]}
    return Story(title=row.number, zone=training.zone, scope=scope, edition=training.edition.name)


def of_person(pk: int) -> Story | None:
    """All that is about a person, wherever it happened; in their own zone, where they have said one."""
    row = Person.objects.filter(pk=pk).first()
    if row is None:
        return None
    scope = {
        "common.person": [pk],
        "common.datarequest": DataRequest.objects.filter(person=pk).values("pk"),
        "memberships.coordinator": Coordinator.objects.filter(person=pk).values("pk"),
        "trainings.trainer": Trainer.objects.filter(person=pk).values("pk"),
        "trainees.place": Place.objects.filter(person=pk).values("pk"),
        "certification.checkout": Checkout.objects.filter(place__person=pk).values("pk"),
        "certification.submission": Submission.objects.filter(checkout__place__person=pk).values("pk"),
        "certification.certificate": Certificate.objects.filter(person=pk).values("pk"),
    }
    seats = Q(subject_label="trainees.place", subject_id__in=Place.objects.filter(person=pk).values("pk"))
    return Story(title=str(row), zone=row.zone or "UTC", scope=scope, person=pk, seats_of=seats)


def register() -> None:
    """Called when the app is ready. A person is told here, where all is known that somebody can be."""
    KINDS.add("checkout", Kind(Checkout, of_checkout))
    KINDS.add("certificate", Kind(Certificate, of_certificate))
    KINDS.add("person", Kind(Person, of_person))
    add_asked(
        Asked(
            name="exercises",
            title=gettext_lazy("exercises and certificates"),
            model=CheckoutException,
            member="checkout__place__booking__membership__organization",
            related=("checkout__place__training__edition", "checkout__place__booking", "asked_by"),
            subject=lambda row: ("checkout", row.checkout_id),
        )
    )
