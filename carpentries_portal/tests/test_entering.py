"""Exceptions that staff enter without a request: from the page of what they are about, or from the queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.roles import READER, REVIEWER, SCHEDULER
from carpentries_portal.tests.test_desk import logged_in
from certification.factories import Team
from certification.models import CheckoutException
from memberships.factories import PersonFactory, StaffFactory
from memberships.models import MembershipException
from trainees.models import PlaceException
from trainings.models import TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 2, 3, 12, tzinfo=UTC)
UNTIL = "2018-03-01T12:00"
Page = Callable[[Team], tuple[str, int]]
PAGES: dict[str, tuple[Page, type[Any], dict[str, str]]] = {
    "membership": (lambda team: ("memberships/membership", team.booking.membership_id), MembershipException, {"rule": "R12"}),
    "booking": (lambda team: ("trainings/booking", team.booking.pk), TrainingException, {"rule": "P2", "seats": "3"}),
    "place": (lambda team: ("trainees/place", team.places[0].pk), PlaceException, {"rule": "R14"}),
}
"""Where an exception is entered from, what it is then, and what is left to fill in."""


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def of_role(role: str) -> Client:
    person = PersonFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return logged_in(person)


def link_on(page: str) -> str:
    found = re.search(r'href="([^"]+)">Enter an exception…', page)
    return unescape(found[1]) if found else ""


def filled(page: str) -> dict[str, str]:
    """What the form holds already, its token among it."""
    fields = re.findall(r"<input\b[^>]*>", page)
    pairs = ((re.search(r'name="([^"]+)"', one), re.search(r'value="([^"]*)"', one)) for one in fields)
    return {name[1]: unescape(value[1]) for name, value in pairs if name and value}


@pytest.mark.parametrize("name", PAGES)
def test_an_exception_is_entered_from_the_page_of_what_it_is_about(name: str) -> None:
    team, client = Team(2, starts_on=date(2018, 3, 12), confirm=False), logged_in(StaffFactory())
    where, model, values = PAGES[name]
    path, pk = where(team)
    url = link_on(client.get(f"/admin/{path}/{pk}/change/").content.decode())
    known = filled(client.get(url).content.decode())
    answer = client.post(url, {**known, **values, "until": UNTIL, "reason": "As promised."})
    assert answer.status_code == 302, answer.content.decode()
    record = model.objects.get()
    assert (record.state, record.rule, record.reason) == ("approved", values["rule"], "As promised.")
    subject = {"membership": "membership_id", "booking": "training_id", "place": "place_id"}[name]
    assert getattr(record, subject) == {"membership": pk, "booking": team.training.pk, "place": pk}[name]


def test_the_link_is_for_who_may_enter_one() -> None:
    team = Team(1, starts_on=date(2018, 3, 12), confirm=False)
    path = f"/admin/trainings/booking/{team.booking.pk}/change/"
    offers = {role: bool(link_on(of_role(role).get(path).content.decode())) for role in (SCHEDULER, REVIEWER, READER)}
    assert offers == {SCHEDULER: True, REVIEWER: False, READER: False}


def test_more_time_is_given_from_the_queue_at_once_and_the_person_gets_a_letter() -> None:
    team = Team(1)
    checkout, client = team.checkout(), of_role(REVIEWER)
    queue = client.get("/admin/exceptions/").content.decode()
    found = re.search(r'href="([^"]+)">Enter one: exercises and certificates', queue)
    assert found is not None
    url = found[1]
    once = filled(client.get(url).content.decode())["once"]
    values = {"checkout": checkout.pk, "to": "2018-08-01", "why": "They were ill.", "once": once}
    assert "There is no checkout with this number." in client.post(url, {**values, "checkout": 987654}).content.decode()
    refused = client.post(url, {**values, "to": "2018-03-01"}).content.decode()
    assert "an extension names a later day." in refused
    assert not CheckoutException.objects.exists()
    assert client.post(url, values).status_code == 302
    assert client.post(url, values).status_code == 302  # the same form once more
    record = CheckoutException.objects.get()
    assert (record.state, record.rule, record.to_date, record.reason) == ("approved", "R25", date(2018, 8, 1), "They were ill.")
    checkout.refresh_from_db()
    assert checkout.due_on == date(2018, 8, 1)
    letters = Notice.objects.filter(to_person=team.places[0].person, queued_at__gte=NOW - timedelta(seconds=1))
    assert [letter.letter for letter in letters] == ["certification.changed"]
    assert JournalEntry.objects.filter(subjects__label="certification.checkoutexception", subjects__object_id=record.pk).exists()
