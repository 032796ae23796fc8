"""In Chromium, with and without JavaScript: a team moves to a training that fills up at that moment; a coordinator comes and goes; the report is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.common.notices import delivery
from carpentries_portal.tests.browsing import CHROMIUM, enter
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory
from memberships.models import Coordinator, Membership
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
FREE = "6 seats go back to your membership: leaving is free until Mon 12 Feb 2018, end of day Chicago time."


class World:
    """Dana has six seats in March, two of them with a name; May and June are open. Made before Playwright's loop begins."""

    def __init__(self) -> None:
        self.dana: Coordinator = CoordinatorFactory(
            name="Dana Whitfield", organization=OrganizationFactory(name="University of Florida")
        )
        self.membership: Membership = MembershipFactory(organization=self.dana.organization)
        self.big: Membership = MembershipFactory(contract_seats=30)
        self.may: Training = TrainingFactory(starts_on=date(2018, 5, 14))
        TrainingFactory(starts_on=date(2018, 6, 4))
        self.team: Booking = BookingFactory(training=TrainingFactory(), membership=self.membership, by=self.dana.person, seats=6)
        name_people(self.team, 2, by=self.dana.person)
        self.link = make_link(person=self.dana.person, purpose="test", leads_to="/", now=NOW)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return World()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, world: World, live_server: LiveServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium: Browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = chromium.new_context(java_script_enabled=request.param, timezone_id="America/New_York").new_page()
        enter(page, live_server.url + world.link)
        yield page
        chromium.close()


def test_team_moves_when_one_training_fills_up_at_that_moment_and_another_is_free(
    world: World, page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/bookings/{world.team.pk}/")
    page.get_by_role("link", name="Move to another training").click()
    expect(page.locator(".verdict .say")).to_have_text(FREE)
    page.get_by_role("link", name="See what it means 14–15 May 2018").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move your team to 14–15 May 2018, Chicago time")
    expect(page.locator("main")).to_contain_text("2 people on your list go along")
    BookingFactory(training=world.may, seats=30, membership=world.big)  # somebody is faster
    page.get_by_role("button", name="Move 6 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not moved to 14–15 May 2018, Chicago time")
    expect(page.locator(".verdict.refused .say")).to_have_text("This training is full: no place is free.")
    expect(page.locator("main")).to_contain_text("your 6 seats at the training of 12–13 Mar 2018 are still yours")
    page.get_by_role("link", name="See what it means 4–5 Jun 2018").click()
    page.get_by_role("button", name="Move 6 seats").click()
    expect(page.locator(".message")).to_contain_text("Your team is at the training of 4–5 Jun 2018 now.")
    expect(page.get_by_role("heading", level=1)).to_have_text("6 seats at the training of 4–5 Jun 2018")
    expect(page.get_by_role("heading", name="2 of 6 people")).to_be_visible()
    page.goto(f"{live_server.url}/bookings/{world.team.pk}/")
    page.get_by_role("link", name="See the booking for 4–5 Jun 2018").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("6 seats at the training of 4–5 Jun 2018")


def test_coordinator_is_invited_enters_by_the_letter_and_is_removed(world: World, page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/memberships/{world.membership.pk}/")
    page.get_by_role("link", name="Coordinators").click()
    expect(page.locator("main")).to_contain_text("You are the only one: name another coordinator before you leave")
    page.get_by_label("Name", exact=True).fill("Ruth Adeyemi")
    page.get_by_label("E-mail").fill("ruth.adeyemi@example.org")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 people coordinate for University of Florida")
    delivery.deliver_due(now=NOW)
    letter = next(str(sent.body) for sent in mail.outbox if sent.to == ["ruth.adeyemi@example.org"])
    found = re.search(r"http://[^/\s]+(/\S*enter/\S+)", letter)
    assert found
    browser = page.context.browser
    assert browser is not None
    ruth = browser.new_context().new_page()
    enter(ruth, live_server.url + found[1])
    expect(ruth.get_by_role("heading", level=1)).to_have_text("2 people coordinate for University of Florida")
    page.get_by_role("link", name="Remove Ruth Adeyemi").click()
    page.get_by_role("button", name="Remove Ruth Adeyemi").click()
    expect(page.locator(".message")).to_contain_text("Ruth Adeyemi coordinates for you no longer.")
    expect(page.locator("main")).to_contain_text("Coordinator removed")
    answer = ruth.goto(f"{live_server.url}/memberships/{world.membership.pk}/")
    assert answer is not None
    assert answer.status == 404


def test_report_is_printed_without_the_frame(world: World, page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/memberships/{world.membership.pk}/")
    page.get_by_role("link", name="Report of the year").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("University of Florida: 9 of 15 seats are left")
    expect(page.get_by_role("heading", name="13 seats are lost unless something is done")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.get_by_role("cell", name="application missing").first).to_be_visible()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    with page.expect_download() as download:
        page.emulate_media(media="screen")
        page.get_by_role("link", name="People as CSV").click()
    assert download.value.suggested_filename == f"report-{world.membership.pk}-2018-01-10.csv"
