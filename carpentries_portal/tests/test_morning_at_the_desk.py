"""In Chromium: a morning at the desk. Everything is reached from admin's start page by what a person would click; the database is asked what it did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.tests.browsing import CHROMIUM, DATA, enter
from certification.actions import ask_extension
from certification.factories import Team
from certification.models import CheckoutException
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees.factories import name_people
from trainings.actions import ask_exception
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 5, 20, 14, tzinfo=UTC)
"""A Wednesday; twelve trainings of the real calendar are still to come."""
ANNOUNCED = datetime(2026, 3, 2, 12, tzinfo=UTC)
YEAR = {"starts_on": date(2025, 7, 1), "ends_on": date(2026, 6, 30), "now": ANNOUNCED}


class World:
    """Four requests wait, a training is at risk, a seat was forfeited a week ago, a year ends soon, and Ana Silva is two people."""

    def __init__(self) -> None:
        self.staff = StaffFactory(name="Ines Moreau")
        self.link = make_link(person=self.staff, purpose="test", leads_to="/admin/", now=NOW)
        self.florida, self.gold = self._member("University of Florida", "Dana Whitfield", "dana@example.org")
        self.closed: Training = TrainingFactory(starts_on=date(2026, 6, 3), now=ANNOUNCED)
        self.booking: Booking = BookingFactory(
            training=self.closed, membership=self.gold, by=self.florida.person, seats=8, now=ANNOUNCED
        )
        name_people(self.booking, 7, by=self.florida.person, now=ANNOUNCED)
        runs.run(now=datetime(2026, 5, 14, 12, 30, tzinfo=UTC))  # the night after the roster closed
        self.soon: Training = TrainingFactory(starts_on=date(2026, 6, 15), now=ANNOUNCED)
        for name, who in (("North College", "Rui Costa"), ("Lake University", "Ana Silva"), ("Hill Institute", "Mei Lin")):
            coordinator, membership = self._member(name, who, f"{who.split()[0].lower()}@example.org")
            at = NOW - timedelta(days=1)
            why, by = f"{name} was on leave.", coordinator.person
            ask_exception(training=self.soon, membership=membership, rule="R6", reason=why, by=by, now=at, seats=6)
        self.twin, _membership = self._member("Shore Library", "Ana M. Silva", "ana.silva@example.com")
        self.team = Team(6, starts_on=date(2026, 3, 10), start=20)
        self.learner = self.team.places[0].person
        ask_extension(checkout_id=self.team.checkout().pk, reason="I moved house.", by=self.learner, now=NOW - timedelta(hours=3))
        self.trainer = TrainerFactory(name="Nora Weiss", email="nora@example.org", now=ANNOUNCED)
        self.risk: Training = TrainingFactory(starts_on=date(2026, 6, 24), trainers=[self.trainer], now=ANNOUNCED)
        Notice.objects.all().delete()

    def _member(self, organization: str, who: str, email: str) -> tuple[Coordinator, Membership]:
        coordinator = CoordinatorFactory(organization=OrganizationFactory(name=organization), name=who, email=email, now=ANNOUNCED)
        return coordinator, MembershipFactory(organization=coordinator.organization, **YEAR)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return World()


@pytest.fixture
def page(world: World, live_server: LiveServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
        enter(page, live_server.url + world.link)
        yield page
        chromium.close()


def home(page: Page) -> None:
    """Back to the desk by the name of the site, which stands on each page."""
    page.locator("#site-name a").click()
    expect(page.locator("h1")).to_contain_text("for a decision")


def look_for(page: Page, text: str) -> None:
    """By the box that stands on each page."""
    page.get_by_role("searchbox", name="Search people, members, trainings, numbers").fill(text)
    page.locator("form.find").get_by_role("button", name="Search").click()
    expect(page.locator("h1")).to_have_text("Search")


def press(page: Page, name: str) -> None:
    """The form's own button, whichever element it is."""
    page.locator(".submit-row").get_by_role("button", name=name, exact=True).click()


def done(page: Page, text: str) -> None:
    expect(page.locator(".messagelist .success").last).to_contain_text(text)


def test_a_morning_at_the_desk(world: World, page: Page) -> None:
    expect(page.locator("h1")).to_have_text("5 things wait for a decision")
    decide_one_by_one(world, page)
    decide_two_in_bulk(world, page)
    hold(world, page)
    schedule_a_season(world, page)
    renew(world, page)
    answer_why(world, page)
    merge(world, page)
    home(page)
    expect(page.locator("h1")).to_have_text(
        "1 thing waits for a decision"
    )  # the training that is held: a team is still to be found
    assert [str(one) for one in run_audits()] == []


def decide_one_by_one(world: World, page: Page) -> None:
    """One gets more time, with what the rule said before it; one is declined."""
    page.get_by_role("link", name="R25: checkout of").click()
    page.get_by_role("link", name="Approve…").click()
    expect(page.locator(".consequence")).to_contain_text("I moved house.")
    page.get_by_label("To the day, that whole day").fill("2026-07-31")
    page.get_by_label("Note to who asked").fill("Good luck in the new house.")
    press(page, "Approve")
    done(page, "Done: Approve.")
    record = CheckoutException.objects.get()
    assert (record.state, record.decided_by, record.to_date) == ("approved", world.staff, date(2026, 7, 31))
    assert world.team.checkout().due_on == date(2026, 7, 31)
    home(page)
    page.get_by_role("link", name="R6: North College at 15–16 Jun 2026").click()
    page.get_by_role("link", name="Decline…").click()
    page.get_by_label("Why: who asked reads it").fill("The trainers have planned already.")
    press(page, "Decline")
    done(page, "Done: Decline.")
    assert TrainingException.objects.get(membership__organization__name="North College").state == "declined"


def decide_two_in_bulk(world: World, page: Page) -> None:
    home(page)
    page.get_by_role("link", name="All that is asked: decide several at once").click()
    expect(page.locator(".queue-head")).to_have_count(2)
    for name in ("Lake University", "Hill Institute"):
        page.get_by_role("checkbox", name=name).check()
    press(page, "Approve the selected…")
    expect(page.locator(".consequence li")).to_have_count(2)
    page.get_by_label("Note to who asked").fill("Book by Monday.")
    press(page, "Approve the selected")
    expect(page.locator(".messagelist .success")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("Nothing waits for a decision.")
    approved = TrainingException.objects.filter(state="approved", note="Book by Monday.", decided_by=world.staff)
    assert sorted(row.membership.organization.name for row in approved) == ["Hill Institute", "Lake University"]
    told = Notice.objects.filter(letter="common.exception_decided").values_list("to_address", flat=True)
    assert sorted(told) == ["ana@example.org", "mei@example.org", "rui@example.org", world.learner.email]


def hold(world: World, page: Page) -> None:
    """From the card of trainings at risk, which says whom one could ask."""
    home(page)
    card = page.locator(".desk-card", has=page.get_by_role("heading", name="Trainings without a booking"))
    expect(card).to_contain_text("0 of 30 seats are booked.")
    expect(card).to_contain_text("Could be asked: University of Florida (7 left)")
    card.get_by_role("link", name="24–25 Jun 2026, Chicago").click()
    asked = page.locator("section.beside", has=page.get_by_role("heading", name="Who could be asked"))
    expect(asked).to_contain_text("Dana Whitfield <dana@example.org>")
    page.get_by_role("link", name="Hold…").click()
    page.get_by_label("Hold until the end of").fill("2026-06-05")
    page.get_by_label("Why").fill("Florida asks its second team.")
    press(page, "Hold")
    done(page, "Done: Hold.")
    record = TrainingException.objects.get(rule="R7")
    assert (record.training, record.to_date, record.state) == (world.risk, date(2026, 6, 5), "approved")
    home(page)
    expect(card).to_contain_text("Staff hold it until Fri 5 Jun 2026")


def schedule_a_season(world: World, page: Page) -> None:
    """The real calendar's file; of its hundreds of rows, the twelve that are to come."""
    before = Training.objects.count()
    page.get_by_role("link", name="Trainings", exact=True).last.click()
    page.get_by_role("link", name="Schedule a season…").click()
    page.get_by_label("Or the calendar's file").set_input_files(DATA / "training_calendar_2017_2026.csv")
    press(page, "Check these trainings")
    expect(page.locator(".season-rows caption")).to_have_text("12 trainings would be announced, all or none.")
    expect(page.locator(".season-rows")).to_contain_text("Too soon: sign-up would have ended")
    press(page, "I have read this: announce 12 trainings")
    done(page, "12 trainings are announced.")
    made = Training.objects.order_by("-pk")[:12]
    assert Training.objects.count() == before + 12
    assert {(row.state, row.announced_on) for row in made} == {("scheduled", date(2026, 5, 20))}
    assert min(row.starts_on for row in made) == date(2026, 6, 1)
    assert max(row.starts_on for row in made) == date(2026, 9, 8)


def renew(world: World, page: Page) -> None:
    look_for(page, "florida")
    page.get_by_role("link", name=f"University of Florida, number {world.gold.pk}", exact=True).click()
    page.get_by_role("link", name="Renew…").click()
    expect(page.get_by_label("First day")).to_have_value("2026-07-01")
    page.get_by_label("Level").select_option(label="platinum")
    page.get_by_label("Seats by contract").fill("24")
    press(page, "Show what follows")
    expect(page.locator(".told")).to_contain_text("24 seats")
    expect(page.locator(".told")).to_contain_text("The welcome (L1) leaves on Mon 1 Jun 2026, to Dana Whitfield.")
    press(page, "I have read this: Renew")
    done(page, "Done: Renew.")
    expect(page.locator("h1")).to_contain_text("University of Florida, platinum, 2026-07-01 to 2027-06-30")
    made = Membership.objects.get(starts_on=date(2026, 7, 1))
    assert (made.organization, made.granted, made.available, made.reserved) == (world.florida.organization, 24, 24, 0)


def answer_why(world: World, page: Page) -> None:
    """Dana calls: a seat is gone. The answer, with its rule and the day, and how it stood before."""
    look_for(page, "florida")
    page.get_by_role("link", name=f"Why? University of Florida, number {world.gold.pk}", exact=True).click()
    first = page.locator(".happened > li", has=page.get_by_role("link", name="Seats forfeited"))
    expect(first).to_contain_text("1 seat: reserved → forfeited")
    expect(first).to_contain_text("The roster closed on Wed 13 May 2026: 1 seat without a name is forfeited.")
    expect(first).to_contain_text("rule P6: the roster closes")
    expect(page.locator(".facts")).to_contain_text("Forfeited1")
    page.get_by_label("As it stood at the end of").fill("2026-05-13")
    page.locator("form.narrow").get_by_role("button", name="Show").click()
    expect(page.locator(".lead")).to_contain_text("As it stood at the end of Wed 13 May 2026, New York time.")
    expect(page.locator(".facts")).to_contain_text("Forfeited0")
    expect(page.get_by_role("link", name="Seats forfeited")).to_have_count(0)


def merge(world: World, page: Page) -> None:
    look_for(page, "silva")
    page.get_by_role("link", name="Ana M. Silva", exact=True).click()
    page.get_by_role("link", name="Merge").click()
    page.get_by_label("Address of the other row").fill("ana@example.org")
    press(page, "Show what moves")
    page.get_by_role("link", name="the other way round").click()
    expect(page.locator("h1")).to_have_text("Merge another person into Ana Silva")
    expect(page.locator(".consequence").first).to_contain_text("Ends: Ana M. Silva <ana.silva@example.com>")
    expect(page.get_by_role("row", name=re.compile("coordinators 1"))).to_be_visible()
    page.get_by_label("Why").fill("She moved from the library to the university.")
    press(page, "Merge the two")
    done(page, "Merged: ana.silva@example.com is ana@example.org.")
    kept = Person.objects.get(email="ana@example.org")
    assert sorted(row.organization.name for row in Coordinator.objects.filter(person=kept)) == ["Lake University", "Shore Library"]
    assert JournalEntry.objects.filter(what="people_merged", by=world.staff).count() == 1
    assert Person.objects.get(pk=world.twin.person_id).merged_into_id == kept.pk
