"""What the floor tells the apps, inside the transaction. A receiver may veto by raising an `UnableTo…`."""

from django.dispatch import Signal

exception_approved = Signal()
"""An exception was approved or entered: record, now. Listens: trainings (a roster's own date)."""

person_forgotten = Signal()
"""A person is forgotten: person (still with name and address), keep_verifiable, now. Listens: memberships, trainings (veto), trainees, certification."""
