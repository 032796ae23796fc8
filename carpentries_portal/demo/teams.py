"""What the demo's teams do once they are booked: name their people, apply, attend, and go on to the exercises."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from carpentries_portal.common.models import Person
from carpentries_portal.demo import cast
from carpentries_portal.demo.exercises import Plan, plan_exercises
from memberships.agreements_file import read_zones
from memberships.models import Coordinator, Organization
from trainees.actions import Named, accept_roster, confirm_attendance, mark_team, save_application
from trainees.actions.applications import ANSWERS
from trainees.models import Place
from trainees.policy import DayMarks
from trainees.states import Expertise, Occupation, TeachingExperience, TeachingTraining
from trainings.models import Booking, Trainer, Training

DATA = Path(__file__).parent / "data"
ANCHOR = date(2018, 6, 18)  # a Monday of the real data that becomes this week's
Step = Callable[[datetime], None]


class Teams:
    """The day the picture is painted on, its dice, and its steps by day."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()
        monday = self.today - timedelta(days=self.today.weekday())
        self.shift = monday - ANCHOR
        self.dice = random.Random(self.today.toordinal())
        self.steps: dict[date, list[Step]] = defaultdict(list)
        self.trainers: list[Trainer] = []
        self.set_apart: list[int] = []  # trainings that no other team books
        self.named = 0
        self.coordinators: dict[int, Coordinator] = {}
        self.zones = read_zones((DATA / "organization_zones.csv").read_bytes())

    def _plan_names(self, booking: Booking, *, by: Person, on: date) -> None:
        """A team is named some days before its roster closes; now and then a name is missing. Who logs in has named all but one."""
        principal = booking.membership.organization.name in cast.PRINCIPALS
        day = (
            on + timedelta(days=3)
            if principal
            else min(self.today, booking.training.roster_until - timedelta(days=self.dice.randrange(3, 8)))
        )
        count = booking.seats - (1 if principal or self.dice.random() < 0.25 else 0)
        first, self.named = self.named, self.named + count
        people = [cast.trainee(number) for number in range(first, first + count)]

        def name(at: datetime) -> None:
            if not Booking.objects.confirmed().filter(pk=booking.pk).exists():
                return
            listed = [Named(line=n, name=one.name, email=one.email) for n, one in enumerate(people, start=1)]
            accept_roster(booking_id=booking.pk, people=listed, by=by, now=at)
            for place in Place.objects.active().filter(booking=booking.pk).select_related("person").order_by("pk"):
                self._plan_application(place, on=at.date(), organization=booking.membership.organization)

        self.steps[max(day, on)].append(name)

    def _plan_roll_call(self, training: Training, *, by: Person) -> None:
        """The day after, the trainer marks everybody; a few were late, left early or stayed away. Those of the last weeks wait to be confirmed."""

        def take(at: datetime) -> None:
            for booking in Booking.objects.confirmed().filter(training=training.pk).order_by("pk"):
                places = list(Place.objects.active().filter(booking=booking.pk).order_by("pk"))
                marks = {(place.pk, day): self._marks() for place in places for day in (1, 2)}
                mark_team(booking_id=booking.pk, marks=marks, by=by, now=at)
                if places and training.ends_on < self.today - timedelta(days=40):
                    confirm_attendance(booking_id=booking.pk, by=by, now=at)
                    plan_exercises(booking, plan=self._exercises())

        self.steps[training.ends_on + timedelta(days=1)].append(take)

    def _exercises(self) -> Plan:
        staff = Person.objects.with_email(cast.STAFF.email)
        assert staff is not None
        return Plan(self.dice, self.trainers[1].person, staff, self.today, self._put)

    def _put(self, on: date, step: Step) -> None:
        self.steps[on].append(step)

    def _marks(self) -> DayMarks:
        chance = self.dice.random()
        if chance > 0.97:
            return DayMarks(absent=True)
        if chance > 0.9:
            return DayMarks(late=time(9, self.dice.randrange(5, 30)))
        return DayMarks(left=time(15, 30)) if chance > 0.88 else DayMarks()

    def _plan_application(self, place: Place, *, on: date, organization: Organization) -> None:
        """Most fill in the whole form within days, some begin and stop, some do nothing yet."""
        chance = self.dice.random()
        if chance > 0.85:
            return
        answers = dict.fromkeys(ANSWERS, "") | {"expertise": [], "involvement": [], "certificate_name": place.name}
        if chance < 0.7:
            answers |= {
                "affiliation": organization.name,
                "country": self.dice.choice(["US", "GB", "DK", "CA", "DE", "ZA", "AU"]),
                "occupation": self.dice.choice([Occupation.GRAD, Occupation.RESEARCH, Occupation.LIBRARIAN, Occupation.POSTDOC]),
                "expertise": self.dice.sample(Expertise.values, 2),
                "teaching_training": TeachingTraining.WORKSHOP,
                "teaching_experience": TeachingExperience.ASSISTANT,
            }

        def fill_in(at: datetime) -> None:
            if Place.objects.active().filter(pk=place.pk).exists():
                save_application(place_id=place.pk, answers=answers, agreed=chance < 0.7, by=place.person, now=at)

        self.steps[on + timedelta(days=self.dice.randrange(1, 5))].append(fill_in)
