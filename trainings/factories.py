"""Made-up trainings, bookings and demands for tests and the demo: made by the actions."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import factory

from memberships.factories import EPOCH, MembershipFactory, PersonFactory
from trainings import actions
from trainings.actions.bookings import Site
from trainings.actions.trainings import Schedule
from trainings.models import Booking, Demand, Trainer, Training
from trainings.policy import DemandFacts


class TrainerFactory(factory.Factory[Trainer]):
    class Meta:
        model = Trainer

    email = factory.Sequence(lambda n: f"trainer{n}@example.org")
    name = factory.Sequence(lambda n: f"Trainer {n}")
    by = None
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Trainer], *args: Any, **kwargs: Any) -> Trainer:
        return actions.add_trainer(**kwargs)


class TrainingFactory(factory.Factory[Training]):
    """12-13 March 2018, 9-17 Chicago time, announced on 2 January, unless a test says otherwise."""

    class Meta:
        model = Training

    starts_on = date(2018, 3, 12)
    ends_on = None
    starts = time(9)
    ends = time(17)
    zone = "America/Chicago"
    by = None
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Training], *args: Any, **kwargs: Any) -> Training:
        first = kwargs.pop("starts_on")
        last = kwargs.pop("ends_on") or date.fromordinal(first.toordinal() + 1)
        hours = {name: kwargs.pop(name) for name in ("starts", "ends", "zone")}
        return actions.announce_training(schedule=Schedule(starts_on=first, ends_on=last, **hours), **kwargs)


class BookingFactory(factory.Factory[Booking]):
    class Meta:
        model = Booking

    training = factory.SubFactory(TrainingFactory)
    membership = factory.SubFactory(MembershipFactory)
    seats = 9
    site_zone = "America/New_York"
    by = factory.SubFactory(PersonFactory)
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Booking], *args: Any, **kwargs: Any) -> Booking:
        training, membership = kwargs.pop("training"), kwargs.pop("membership")
        site = Site(name="Science Library", room="136", zone=kwargs.pop("site_zone"))
        return actions.book(training_id=training.pk, membership_id=membership.pk, site=site, **kwargs)


class DemandFactory(factory.Factory[Demand]):
    """Six seats in May 2018, 7:00-20:00 in New York, unless a test says otherwise."""

    class Meta:
        model = Demand

    membership = factory.SubFactory(MembershipFactory)
    seats = 6
    zone = "America/New_York"
    earliest = time(7)
    latest = time(20)
    spans = ((date(2018, 5, 1), date(2018, 5, 31)),)
    note = ""
    by = factory.SubFactory(PersonFactory)
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Demand], *args: Any, **kwargs: Any) -> Demand:
        wanted = DemandFacts(**{name: kwargs.pop(name) for name in ("seats", "zone", "earliest", "latest", "spans")})
        return actions.say_demand(membership_id=kwargs.pop("membership").pk, wanted=wanted, **kwargs)
