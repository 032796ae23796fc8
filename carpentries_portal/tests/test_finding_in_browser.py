"""Finding a training in Chromium, with and without JavaScript: the reader's zone, the filters, an own calendar, dates that would suit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.tests.browsing import CHROMIUM, enter
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainings.factories import TrainingFactory
from trainings.models import Demand

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def way_in(monkeypatch: pytest.MonkeyPatch) -> str:
    """Two trainings, in Chicago's and Auckland's time; a coordinator's personal link."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    dana = CoordinatorFactory(name="Dana Whitfield")
    MembershipFactory(organization=dana.organization)
    TrainingFactory()
    TrainingFactory(starts_on=date(2018, 5, 14), zone="Pacific/Auckland")
    return make_link(person=dana.person, purpose="test", leads_to="/trainings/", now=NOW)


@pytest.fixture
def browser(way_in: str) -> Iterator[Browser]:
    """After the rows are made: Playwright's loop would give the test a second connection, which nobody closes."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


def context_in(browser: Browser, zone: str, *, scripts: bool = True) -> BrowserContext:
    return browser.new_context(timezone_id=zone, java_script_enabled=scripts, viewport={"width": 1000, "height": 900})


def first_row(page: Page) -> str:
    return " ".join(page.locator("table.cal tbody tr").first.inner_text().split())


def test_the_zone_is_guessed_and_followed(live_server: LiveServer, browser: Browser) -> None:
    context = context_in(browser, "Europe/Paris")
    page = context.new_page()
    page.goto(live_server.url + "/trainings/")
    expect(page.get_by_role("link", name="Times for you in Paris")).to_be_visible()
    assert "for you 15:00–23:00 Paris time" in first_row(page)
    assert "outside 7:00–20:00 for you" in first_row(page)
    there = context_in(browser, "America/New_York")  # the same person travels, with the same cookies
    there.add_cookies(context.cookies())
    page = there.new_page()
    page.goto(live_server.url + "/trainings/")
    expect(page.get_by_role("link", name="Times for you in New York")).to_be_visible()
    assert "for you 10:00–18:00 New York time" in first_row(page)
    expect(page.locator("#zone-ask")).to_have_count(0)


def test_a_choice_by_hand_is_asked_about_and_never_overridden(live_server: LiveServer, browser: Browser) -> None:
    page = context_in(browser, "Europe/Paris").new_page()
    page.goto(live_server.url + "/zone/?next=/trainings/")
    page.get_by_label("Show hours in").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Show hours in this zone").click()
    expect(page.get_by_role("link", name="Times for you in Auckland")).to_be_visible()
    page.reload()
    ask = page.locator("#zone-ask")
    expect(ask).to_contain_text("Your browser’s clock says Paris time; hours are shown in Auckland time, as you chose.")
    ask.get_by_role("button", name="Keep").click()
    expect(ask).to_be_hidden()
    page.reload()
    expect(page.get_by_role("link", name="Times for you in Auckland")).to_be_visible()
    expect(ask).to_be_hidden()
    page.context.clear_cookies(name="zone_kept")
    page.reload()
    ask.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Show hours in")).to_have_value("Europe/Paris")
    page.get_by_role("button", name="Show hours in this zone").click()
    expect(page.get_by_role("link", name="Times for you in Paris")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_looking_for_a_training(live_server: LiveServer, browser: Browser, scripts: bool) -> None:
    page = context_in(browser, "Pacific/Auckland", scripts=scripts).new_page()
    page.goto(live_server.url + "/trainings/?zone=Pacific/Auckland")
    expect(page.locator("table.cal tbody tr")).to_have_count(2)
    page.get_by_label("Only hours from 7:00 to 20:00 for you").check()
    page.get_by_label("Seats for a team of").fill("9")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("table.cal tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Month", exact=True).click()
    expect(page.get_by_role("heading", name="May 2018")).to_be_visible()
    expect(page.locator(".month .entry")).to_have_count(2)
    page.get_by_role("link", name="June 2018").click()
    expect(page.get_by_text("No training in this month fits.")).to_be_visible()
    page.get_by_role("link", name="Subscribe in your calendar").click()
    address = page.get_by_label("The address of the public calendar").input_value()
    assert "seats=9" in address
    assert "zone=Pacific%2FAuckland" in address


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_nothing_suits_and_an_own_calendar(live_server: LiveServer, browser: Browser, way_in: str, scripts: bool) -> None:
    page = context_in(browser, "America/New_York", scripts=scripts).new_page()
    enter(page, live_server.url + way_in)
    page.get_by_role("link", name="Say which dates would suit").click()
    page.get_by_label("From").first.fill("2018-06-01")
    page.get_by_label("To", exact=True).first.fill("2018-06-30")
    page.get_by_text("Other dates that suit, too").click()
    page.get_by_label("From").nth(1).fill("2018-07-01")
    page.get_by_role("button", name="Tell staff these dates").click()
    expect(page.get_by_text("Give the last day, too.")).to_be_visible()
    page.get_by_label("To", exact=True).nth(1).fill("2018-07-31")
    page.get_by_role("button", name="Tell staff these dates").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You wait for a training with 11 seats")
    assert Demand.objects.with_all().get().spans() == [(date(2018, 6, 1), date(2018, 6, 30)), (date(2018, 7, 1), date(2018, 7, 31))]
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("Withdrawn: staff see it no more")).to_be_visible()

    page.goto(live_server.url + "/trainings/subscribe/")
    page.get_by_role("button", name="Make an address for my calendar").click()
    first = page.get_by_label("The address of your calendar").input_value()
    page.get_by_role("button", name="Renew the address").click()
    second = page.get_by_label("The address of your calendar").input_value()
    paths = ["/" + address.split("/", 3)[3] for address in (first, second)]
    assert [Client().get(path).status_code for path in paths] == [404, 200]
    page.get_by_role("button", name="Close my calendar").click()
    expect(page.get_by_text("Your calendar is closed")).to_be_visible()
    assert Client().get(paths[1]).status_code == 404
