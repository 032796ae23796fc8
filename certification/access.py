"""Who may see a checkout: the trainee; who may review: trainers and staff. A stranger gets 404."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared
from certification.models import Certificate, CertificateRevision, Checkout, Submission
from trainees.access import own_place_or_404, team_place_or_404
from trainees.models import Place
from trainings.models import Trainer


@prepared
def _checkout(place_id: Any) -> QuerySet[Checkout]:
    """Its place is known already, with all that is about it."""
    return Checkout.objects.filter(place=place_id)


def own_checkout_or_404(place_id: int, *, person: Person | AnonymousUser) -> tuple[Place, Checkout | None]:
    """A trainee's own place with its checkout; None before attendance is confirmed. Raises Http404."""
    place = own_place_or_404(place_id, person=person)
    checkout = first(_checkout(place_id=place.pk))
    if checkout is not None:
        checkout.place = place
    return place, checkout


def team_checkout_or_404(place_id: int, *, person: Person | AnonymousUser) -> Checkout:
    """The checkout of one of a team, for the team's coordinators. Raises Http404 for everybody else, and before it was opened."""
    place = team_place_or_404(place_id, person=person)
    checkout = Checkout.objects.with_story().filter(place=place.pk).first()
    if checkout is None:
        raise Http404
    return checkout


@prepared
def _trainer(person_id: Any) -> QuerySet[Trainer, Any]:
    return Trainer.objects.filter(person=person_id).values_list("pk")[:1]


def is_reviewer(person: Person | AnonymousUser) -> bool:
    """Trainers review, and staff; whoever led the training."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    return person.is_staff or bool(_trainer(person_id=person.pk))


def reviewer_or_404(person: Person | AnonymousUser) -> Person:
    """Raises Http404 for who does not review."""
    if not isinstance(person, Person) or not is_reviewer(person):
        raise Http404
    return person


def submission_or_404(submission_id: int, *, person: Person | AnonymousUser) -> Submission:
    """A submission for who handed it in, and for reviewers. Raises Http404."""
    rows = Submission.objects.select_related("checkout__place__person", "submitted_by", "reviewed_by")
    submission = rows.filter(pk=submission_id).first()
    if submission is None or not isinstance(person, Person):
        raise Http404
    if submission.checkout.place.person_id != person.pk and not is_reviewer(person):
        raise Http404
    return submission


def certificate_file_or_404(certificate_id: int, *, person: Person | AnonymousUser) -> tuple[Certificate, CertificateRevision]:
    """A valid certificate with the revision that counts, for who holds it, and for staff.

    Coordinators see that somebody is certified; the file is its holder's, who may hand it on. Raises Http404.
    """
    if not isinstance(person, Person):
        raise Http404
    certificate = Certificate.objects.valid().filter(pk=certificate_id, forgotten_at__isnull=True).first()
    if certificate is None or (certificate.person_id != person.pk and not person.is_staff):
        raise Http404
    return certificate, certificate.revisions.order_by("-revision")[0]
