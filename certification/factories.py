"""Made-up checkouts for tests and the demo: people who passed a training, by the actions of the roll call."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from carpentries_portal.common.models import Person
from certification.models import Checkout
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainees.actions import confirm_attendance, mark_team
from trainees.factories import name_people
from trainees.models import Place
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Training

CHICAGO = "America/Chicago"


class Team:
    """A team that was at its training, 30-31 January 2018 in Chicago time unless a test says otherwise; due on 1 May.

    `confirm`: attendance is confirmed when the training is over, or at `confirmed_at`; then everybody has a checkout.
    """

    def __init__(
        self,
        people: int = 6,
        *,
        starts_on: date = date(2018, 1, 30),
        zone: str = CHICAGO,
        confirm: bool = True,
        confirmed_at: datetime | None = None,
        start: int = 0,
    ) -> None:
        year = starts_on.year if starts_on.month > 2 else starts_on.year - 1
        announced = datetime.fromisoformat(f"{year}-{(starts_on.month - 3) % 12 + 1:02}-01T12:00:00+00:00")
        coordinator = CoordinatorFactory(now=announced)
        self.coordinator: Person = coordinator.person
        membership = MembershipFactory(
            organization=coordinator.organization,
            starts_on=date(starts_on.year, 1, 1),
            ends_on=date(starts_on.year, 12, 31),
            now=announced,
        )
        trainer = TrainerFactory(now=announced)
        self.trainer: Person = trainer.person
        self.training: Training = TrainingFactory(
            starts_on=starts_on, zone=zone, starts=time(9), ends=time(17), trainers=[trainer], now=announced
        )
        self.booking: Any = BookingFactory(
            training=self.training, membership=membership, by=self.coordinator, seats=max(people, 6), now=announced
        )
        self.places: list[Place] = list(name_people(self.booking, people, by=self.coordinator, now=announced, start=start))
        if confirm:
            self.confirm(confirmed_at or self.training.ends_at)

    def confirm(self, now: datetime) -> None:
        """The roll call says that everybody was there all day, and is confirmed."""
        for day in (1, 2):
            mark_team(booking_id=self.booking.pk, marks={}, rest_on=day, by=self.trainer, now=now)
        confirm_attendance(booking_id=self.booking.pk, by=self.trainer, now=now)
        for place in self.places:
            place.refresh_from_db()

    def checkout(self, number: int = 0) -> Checkout:
        return Checkout.objects.with_story().get(place=self.places[number].pk)
