"""Trainings and their trainers, bookings, the exceptions to the rules about them, and the dates that teams wait for."""

from trainings.models.bookings import Booking, RoomCheck
from trainings.models.exceptions import TrainingException
from trainings.models.finding import CalendarFeed, Demand, DemandDates
from trainings.models.trainings import Trainer, Training, TrainingTrainer

__all__ = [
    "Booking",
    "CalendarFeed",
    "Demand",
    "DemandDates",
    "RoomCheck",
    "Trainer",
    "Training",
    "TrainingException",
    "TrainingTrainer",
]
