"""Trainings and their trainers, bookings, and the exceptions to the rules about them."""

from trainings.models.bookings import Booking, RoomCheck
from trainings.models.exceptions import TrainingException
from trainings.models.trainings import Trainer, Training, TrainingTrainer

__all__ = ["Booking", "RoomCheck", "Trainer", "Training", "TrainingException", "TrainingTrainer"]
