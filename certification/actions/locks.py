"""The lock of a checkout, which comes after those of trainings, memberships and places; after it everything is read anew."""

from __future__ import annotations

from carpentries_portal.common.people import lock_known
from certification.models import Checkout, Submission


def lock_checkout(checkout_id: int) -> Checkout:
    """The checkout as it stands under its lock, with its story. The caller has begun a transaction."""
    Checkout.objects.locked().get(pk=checkout_id)
    return Checkout.objects.with_story().get(pk=checkout_id)


def lock_holder(checkout_id: int) -> Checkout:
    """The checkout and then its person, under their locks: nobody gets two certificates, is merged or forgotten meanwhile.

    The person comes last, as wherever one is locked.
    """
    checkout = lock_checkout(checkout_id)
    lock_known([checkout.place.person_id])
    return checkout


def lock_submission(submission_id: int) -> tuple[Checkout, Submission]:
    """A submission, read under its checkout's lock."""
    checkout = lock_checkout(Submission.objects.values_list("checkout", flat=True).get(pk=submission_id))
    submission = Submission.objects.get(pk=submission_id)
    submission.checkout = checkout
    return checkout, submission
