"""More time for one of a team, asked for by the coordinator (R28): the same queue and rules, letters to both, nobody else's page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.test import Client

from carpentries_portal.common import clock, exceptions
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import delivery
from certification.actions import ask_extension, close_checkout
from certification.factories import Team, certify
from certification.models import CheckoutException
from memberships.factories import StaffFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 2, 20, 18, tzinfo=UTC)
WHY = "She was in hospital for two weeks."


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return Team(2)


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="carpentries_portal.common.backends.PersonBackend")
    return client


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def path(team: Team, number: int = 0) -> str:
    return f"/places/{team.places[number].pk}/more-time/"


def ask(team: Team, to: str = "2018-06-01") -> str:
    return words(client_of(team.coordinator).post(path(team), {"to": to, "reason": WHY}, follow=True).content.decode())


def letters() -> list[tuple[str, str, str]]:
    """To whom, the subject, and where its link leads."""
    mail.outbox.clear()
    delivery.deliver_due(now=NOW)
    found = []
    for sent in mail.outbox:
        link = re.search(r"http://\S+?(/enter/\S+)", str(sent.body))
        leads = Client().post(link[1])["Location"] if link else ""  # the desk has a plain address
        found.append((sent.to[0], sent.subject, leads))
    return sorted(found)


def test_it_lies_in_the_queue_of_staff_and_both_hear_of_it_and_of_the_answer(team: Team) -> None:
    Notice.objects.all().delete()
    ana, booking = team.places[0], f"/bookings/{team.booking.pk}/"
    page = client_of(team.coordinator).get(booking).text
    assert f'href="{path(team)}"' in page
    said = ask(team)
    assert "Asked. You and Ana Silva get a letter when staff have decided; until then the date stays." in said
    record = CheckoutException.objects.get()
    assert (record.rule, record.checkout, record.asked_by, record.reason, record.to_date, record.state) == (
        "R25",
        team.checkout(),
        team.coordinator,
        WHY,
        date(2018, 6, 1),
        "asked",
    )
    received = letters()
    own = f"/checkouts/{ana.pk}/"
    assert [(to, leads) for to, _subject, leads in received if leads] == sorted(
        [(team.coordinator.email, booking), (ana.person.email, own)]
    )
    subject = f"asked for you about rule R25: checkout of {ana}"
    assert [found for to, found, _leads in received if to == ana.person.email] == [f"{team.coordinator} {subject}"]
    assert "It was asked for already waits for staff" in words(client_of(team.coordinator).get(path(team)).text)
    assert WHY in words(client_of(ana.person).get(own).text)

    exceptions.approve(record, by=StaffFactory(), now=NOW, until=record.default_until(), note="Get well.")
    assert team.checkout().due_on == date(2018, 6, 1)
    assert sorted((to, leads) for to, _subject, leads in letters()) == sorted(
        [(team.coordinator.email, booking), (ana.person.email, own)]
    )
    line = JournalEntry.objects.get(what="exception_asked")
    assert (line.by, line.why) == (team.coordinator, WHY)


def test_the_letters_say_who_asked(team: Team) -> None:
    ask(team)
    record = CheckoutException.objects.get()
    exceptions.decline(record, by=StaffFactory(), now=NOW, note="There is time enough.")
    letters()
    to_ana = [str(sent.body) for sent in mail.outbox if sent.to == [team.places[0].person.email]]
    asked = [text for text in to_ana if f"{team.coordinator} asked for an exception" in text]
    assert len(asked) == 2
    assert any("We cannot grant the request." in text for text in asked)
    assert not any("You asked" in text or "Your reason" in text for text in asked)
    to_dana = [str(sent.body) for sent in mail.outbox if sent.to == [team.coordinator.email]]
    assert any("We cannot grant your request." in text and "You asked for an exception" in text for text in to_dana)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("no reason", "This field is required."),
        ("earlier", "an extension names a later day"),
        ("no day", "Enter a valid date."),
        ("twice", "This was asked already, and waits for staff."),
    ],
)
def test_what_cannot_be_asked_is_said_in_the_form_and_nothing_is_kept(team: Team, case: str, sentence: str) -> None:
    values = {"to": "2018-06-01", "reason": WHY}
    if case == "no reason":
        values["reason"] = ""
    elif case == "earlier":
        values["to"] = "2018-05-01"
    elif case == "no day":
        values["to"] = "next summer"
    else:
        ask_extension(checkout_id=team.checkout().pk, reason="I was ill.", by=team.places[0].person, now=NOW)
    before = CheckoutException.objects.count()
    answer = client_of(team.coordinator).post(path(team), values)
    assert answer.status_code == 200
    assert CheckoutException.objects.count() == before
    if case != "twice":
        assert sentence in words(answer.text)
    else:
        assert "It was asked for already" in words(answer.text)


def test_what_has_ended_is_told_and_offers_no_form(team: Team) -> None:
    close_checkout(checkout_id=team.checkout().pk, why="Left the university.", by=StaffFactory(), now=NOW)
    page = client_of(team.coordinator).get(path(team)).text
    assert "Left the university." in page
    assert "<textarea" not in page
    booking = client_of(team.coordinator).get(f"/bookings/{team.booking.pk}/").text
    assert path(team) not in booking
    assert path(team, 1) in booking


def test_before_the_exercises_there_is_no_such_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    early = Team(1, starts_on=date(2018, 3, 6), confirm=False)
    assert client_of(early.coordinator).get(path(early)).status_code == 404


def test_people_on_the_membership_page_have_their_date_the_way_to_ask_and_the_number_of_their_certificate(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime(2018, 2, 22, 18, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: later)
    certificate = certify(team, 1, now=later)
    membership = f"/memberships/{team.booking.membership_id}/"
    page = words(client_of(team.coordinator).get(membership).text)
    assert (
        f"Björn Åkesson 30–31 Jan 2018, Chicago certified done passed, 0 minutes missed 3 of 3 certificate {certificate.number}"
        in page
    )
    assert "Ana Silva 30–31 Jan 2018, Chicago working on it missing passed, 0 minutes missed 0 of 3 until Tue 1 May 2018" in page
    assert "confirmed 2 passed · 1 certified" in page
    assert "2 seats used. 2 people passed the training." in page
    assert "You were present" not in page
    booking = words(client_of(team.coordinator).get(f"/bookings/{team.booking.pk}/").text)
    assert "Remind 1 person of the application" in booking  # exercises that are missing are no application
    assert f'href="{path(team)}"' in client_of(team.coordinator).get(membership).text
    assert f'href="{path(team, 1)}"' not in client_of(team.coordinator).get(membership).text
    ask(team)
    assert "more time asked for" in words(client_of(team.coordinator).get(membership).text)
    rows = client_of(team.coordinator).get(membership + "report.csv").content.decode("utf-8-sig").splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["Certificate", "", certificate.number]
