"""Made-up organizations, people and memberships for tests and the demo: made by the actions, so that ledger and journal are true."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from carpentries_portal.common.models import Person
from memberships import actions
from memberships.models import Coordinator, Membership, Organization

EPOCH = datetime(2018, 1, 2, 12, 0, tzinfo=UTC)
"""When a factory acts if a test does not say: a Tuesday of the world in which the 2017 edition holds."""


class ByAction(factory.Factory[Any]):
    """A factory that calls an action with its attributes."""

    class Meta:
        abstract = True


class PersonFactory(factory.Factory[Person]):
    class Meta:
        model = Person

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    zone = ""

    @classmethod
    def _create(cls, model_class: type[Person], *args: Any, **kwargs: Any) -> Person:
        return Person.objects.create_user(**kwargs)


class StaffFactory(PersonFactory):
    name = factory.Sequence(lambda n: f"Staff {n}")
    email = factory.Sequence(lambda n: f"staff{n}@example.org")
    is_staff = True
    is_superuser = True


class OrganizationFactory(factory.Factory[Organization]):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"University {n}")
    zone = "America/New_York"
    by = None
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Organization], *args: Any, **kwargs: Any) -> Organization:
        return actions.add_organization(**kwargs)


class MembershipFactory(factory.Factory[Membership]):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    level = "gold"
    starts_on = date(2018, 1, 1)
    ends_on = date(2018, 12, 31)
    by = None
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Membership], *args: Any, **kwargs: Any) -> Membership:
        return actions.create_membership(**kwargs)


class CoordinatorFactory(factory.Factory[Coordinator]):
    class Meta:
        model = Coordinator

    organization = factory.SubFactory(OrganizationFactory)
    email = factory.Sequence(lambda n: f"coordinator{n}@example.org")
    name = factory.Sequence(lambda n: f"Coordinator {n}")
    by = None
    now = EPOCH

    @classmethod
    def _create(cls, model_class: type[Coordinator], *args: Any, **kwargs: Any) -> Coordinator:
        return actions.add_coordinator(**kwargs)
