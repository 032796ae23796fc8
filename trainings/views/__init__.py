"""The pages of trainings: the public calendar, booking, requests."""

from trainings.views.booking import book, cancel_booking, change_booking, room
from trainings.views.calendar import detail, ics, index
from trainings.views.requests import ask

__all__ = ["ask", "book", "cancel_booking", "change_booking", "detail", "ics", "index", "room"]
