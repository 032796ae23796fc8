"""What trainings tell the apps above, inside the transaction. A receiver may veto by raising an `UnableTo…`."""

from django.dispatch import Signal

training_cancelled = Signal()
"""A training was cancelled: training, bookings (those it ended), now. Listens: trainees (places, letters)."""

booking_moved = Signal()
"""A team changed trainings: old (ended), new, now; sent before `booking_changed` of the two. Listens: trainees (names go along; may veto)."""

booking_changed = Signal()
"""A booking grew, shrank or ended: booking, seats_before, now. Listens: trainings (who waits for dates), trainees (names on the roster; may veto)."""
