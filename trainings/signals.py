"""What trainings tell the apps above, inside the transaction. A receiver may veto by raising an `UnableTo…`."""

from django.dispatch import Signal

training_cancelled = Signal()
"""A training was cancelled: training, bookings (those it ended), now. Listens: trainees (places, letters)."""

training_moved = Signal()
"""A training got new dates (P8): training (with them), old (its facts before), bookings (confirmed), why, by, now; sent in the move's transaction, under its locks.

Listens: trainees (names stay, P11 may veto; who was invited is told; letters and requests that are obsolete). Not certification: a checkout
is opened by confirmed attendance, which holds the training, and one that was held is moved no more. A receiver may answer with sentences that
staff read before they confirm.
"""

booking_moved = Signal()
"""A team changed trainings: old (ended), new, now; sent before `booking_changed` of the two. Listens: trainees (names go along; may veto)."""

booking_changed = Signal()
"""A booking grew, shrank or ended: booking, seats_before, now. Listens: trainings (who waits for dates), trainees (names on the roster; may veto)."""

agenda_set = Signal()
"""Staff give a training another agenda (R15): training, by; sent before it is stored. Listens: trainees (who is counted by it does not set it: veto)."""
