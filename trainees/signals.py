"""What rosters tell the apps above, inside the transaction. A receiver may veto by raising an `UnableTo…`."""

from django.dispatch import Signal

attendance_confirmed = Signal()
"""A place's outcome was set or corrected: place, before (the old outcome, "" the first time), now. Listens: certification (checkouts).

A receiver answers False where no exercises follow from a pass, because the person is certified already: the letter then asks for none."""
