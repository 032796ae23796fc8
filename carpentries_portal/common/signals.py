"""What the floor tells the apps, inside the transaction. A receiver may veto by raising an `UnableTo…`."""

from django.dispatch import Signal

exception_approved = Signal()
"""An exception was approved or entered: record, now. Listens: trainings (a roster's own date)."""

person_forgotten = Signal()
"""A person is forgotten: person (still with name and address), keep_verifiable, now. Listens: memberships, trainings (veto), trainees, certification."""

person_readdressed = Signal()
"""Staff corrected an address: person (locked, with the new one), old (the address until now), now. Listens: trainees."""

person_merged = Signal()
"""Two people are one: kept, merged (both locked; the merged one still as they were), now. Listens: memberships, trainings, trainees, certification.
Each moves what points at the merged person to the kept one, and settles what cannot stand twice. A veto is a conflict of `merging.PARTS`."""
