"""Who may see a checkout: the trainee; who may review: trainers, and staff whose role reviews; other staff look on. A stranger gets 404."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from carpentries_portal.common.models import Person
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.staff_rights import acts_as_staff, sees_as_staff
from certification.models import Certificate, CertificateRevision, Checkout, Submission
from trainees.access import own_place_or_404, team_place_or_404
from trainees.models import Place
from trainings.models import Trainer

REVIEWING = "certification.change_submission"
"""The permission by which staff review."""


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
    return Trainer.objects.active().filter(person=person_id).values_list("pk")[:1]


def is_reviewer(person: Person | AnonymousUser) -> bool:
    """Who says how work is: trainers, whoever led the training, and staff whose role reviews."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    return acts_as_staff(person, REVIEWING) or bool(_trainer(person_id=person.pk))


def reads_reviews(person: Person) -> bool:
    """Who sees what waits and what was handed in: reviewers, and all staff."""
    return sees_as_staff(person) or is_reviewer(person)


def looks_on(person: Person) -> bool:
    """Whether who sees the reviews only sees them: staff without the permission, and no trainer. No query for others."""
    return sees_as_staff(person) and not is_reviewer(person)


def review_reader_or_404(person: Person | AnonymousUser) -> Person:
    """Raises Http404 for who does not see work of others."""
    if not isinstance(person, Person) or not reads_reviews(person):
        raise Http404
    return person


def reviewer_or_404(person: Person | AnonymousUser) -> Person:
    """Raises Http404 for who does not see work of others, PermissionDenied for staff who only see it."""
    reader = review_reader_or_404(person)
    if looks_on(reader):
        raise PermissionDenied
    return reader


def submission_or_404(submission_id: int, *, person: Person | AnonymousUser) -> Submission:
    """A submission for who handed it in, for reviewers, and for staff to see. Raises Http404."""
    rows = Submission.objects.select_related("checkout__place__person", "submitted_by", "reviewed_by")
    submission = rows.filter(pk=submission_id).first()
    if submission is None or not isinstance(person, Person):
        raise Http404
    if submission.checkout.place.person_id != person.pk and not reads_reviews(person):
        raise Http404
    return submission


def certificate_file_or_404(certificate_id: int, *, person: Person | AnonymousUser) -> tuple[Certificate, CertificateRevision]:
    """A valid certificate with the revision that counts, for who holds it, and for staff.

    Coordinators see that somebody is certified; the file is its holder's, who may hand it on. Raises Http404.
    """
    if not isinstance(person, Person):
        raise Http404
    certificate = Certificate.objects.valid().filter(pk=certificate_id, forgotten_at__isnull=True).first()
    if certificate is None or (certificate.person_id != person.pk and not sees_as_staff(person)):
        raise Http404
    return certificate, certificate.revisions.order_by("-revision")[0]
