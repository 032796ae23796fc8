"""Who works in admin, for the tests of its pages."""

from __future__ import annotations

import pytest
from django.test import Client

from carpentries_portal.common.models import Person
from memberships.factories import StaffFactory


@pytest.fixture
def staff() -> Person:
    return StaffFactory(name="Ines Moreau")


@pytest.fixture
def desk(staff: Person) -> Client:
    client = Client()
    client.force_login(staff, backend="carpentries_portal.common.backends.PersonBackend")
    return client
