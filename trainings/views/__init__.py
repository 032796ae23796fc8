"""The pages of trainings: the public calendar and its feeds, booking, what teams wait for, requests."""

from trainings.views.booking import book, cancel_booking, change_booking, room
from trainings.views.calendar import detail, ics, index
from trainings.views.demands import demand
from trainings.views.feeds import feed, own_feed, subscribe
from trainings.views.requests import ask

__all__ = [
    "ask",
    "book",
    "cancel_booking",
    "change_booking",
    "demand",
    "detail",
    "feed",
    "ics",
    "index",
    "own_feed",
    "room",
    "subscribe",
]
