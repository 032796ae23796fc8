"""Made-up checkouts for tests and the demo: people who passed a training, by the actions of the roll call."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from carpentries_portal.common.models import Person
from certification.actions import issue_certificate, record_result
from certification.models import Certificate, Checkout
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainees.actions import confirm_attendance, mark_team, save_application
from trainees.actions.applications import ANSWERS
from trainees.factories import name_people
from trainees.models import Place
from trainees.states import Expertise, Occupation, TeachingExperience, TeachingTraining
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


def apply(place: Place, *, name: str | None = None, country: str = "US", now: datetime | None = None) -> None:
    """The application of a place, finished; `name` is the one for the certificate."""
    answers: dict[str, Any] = dict.fromkeys(ANSWERS, "") | {"expertise": [Expertise.values[0]], "involvement": []}
    answers |= {"certificate_name": name or place.name, "affiliation": "A university", "country": country}
    answers |= {"occupation": Occupation.values[0], "teaching_training": TeachingTraining.values[0]}
    answers |= {"teaching_experience": TeachingExperience.values[0]}
    save_application(place_id=place.pk, answers=answers, agreed=True, by=place.person, now=now or place.added_at)


def pass_exercises(checkout: Checkout, *, by: Person, now: datetime, but: int = 0) -> None:
    """All exercises passed in time, as recorded by a reviewer; `but` the last so many."""
    exercises = checkout.place.training.edition.edition().exercises
    for number, exercise in enumerate(exercises[: len(exercises) - but]):
        done_on = checkout.place.training.ends_on + timedelta(days=7 * (number + 1))
        record_result(checkout_id=checkout.pk, exercise=exercise.code, done_on=done_on, feedback="", by=by, now=now)


def certify(team: Team, number: int = 0, *, name: str | None = None, now: datetime, country: str = "US") -> Certificate:
    """A certificate for one of a team, issued and not drawn yet."""
    place = team.places[number]
    apply(place, name=name, country=country)
    pass_exercises(team.checkout(number), by=team.trainer, now=now)
    return issue_certificate(checkout_id=team.checkout(number).pk, by=None, now=now)
