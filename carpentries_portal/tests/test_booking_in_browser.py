"""A coordinator in Chromium, with and without JavaScript: from the letter to two teams, too late and let in, cancelled, and one who is slower."""

from __future__ import annotations

import itertools
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
from carpentries_portal.tests.browsing import CHROMIUM, enter, link_in
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
LATE = datetime(2018, 2, 13, 18, tzinfo=UTC)  # D(27) of March's training
MOST_PAGES = 6


class World:
    """Dana has 15 seats and no team; two trainings at hours that suit her, in March and in May. Made before Playwright's loop begins."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.dana: Coordinator = CoordinatorFactory(name="Dana Whitfield")
        self.membership: Membership = MembershipFactory(organization=self.dana.organization)
        self.big: Membership = MembershipFactory(contract_seats=60)
        self.march: Training = TrainingFactory()
        self.may: Training = TrainingFactory(starts_on=date(2018, 5, 14))
        delivery.deliver_due(now=NOW)
        letter = next(str(sent.body) for sent in mail.outbox if sent.to == [self.dana.person.email])
        self.letter = "/" + link_in(letter).split("/", 3)[3]
        self.path = f"/memberships/{self.membership.pk}/"
        self.staff = make_link(person=StaffFactory(), purpose="test", leads_to="/admin/", now=NOW)

    def team(self, seats: int, training: Training) -> str:
        """The path of a booking that Dana made before."""
        booking: Booking = BookingFactory(training=training, membership=self.membership, by=self.dana.person, seats=seats, now=NOW)
        return f"/bookings/{booking.pk}/"

    def somebody_takes(self, seats: int, training: Training) -> None:
        BookingFactory(training=training, membership=self.big, seats=seats, now=NOW)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, world: World, live_server: LiveServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium: Browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield new_page(chromium, live_server, scripts=request.param)
        chromium.close()


def new_page(browser: Browser, live_server: LiveServer, *, scripts: bool) -> Page:
    """Of a person of their own, in New York; a machine that is busy gets the time it needs."""
    context = browser.new_context(java_script_enabled=scripts, timezone_id="America/New_York", base_url=live_server.url)
    context.set_default_timeout(60_000)
    context.set_default_navigation_timeout(60_000)
    return context.new_page()


def choose(page: Page, days: str, seats: int) -> None:
    """From the membership's page to a team that is ready to be booked: the first training, the seats, the site."""
    page.get_by_role("link", name=f"Book {days}").click()
    page.get_by_label("Seats", exact=True).fill(str(seats))
    page.get_by_label("Site", exact=True).fill("Science Library")
    page.get_by_role("button", name="Check without booking").click()


def test_fifteen_seats_are_nine_and_six_and_the_letter_is_six_pages_away_at_most(world: World, page: Page) -> None:
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url) if frame == page.main_frame else None)
    enter(page, world.letter)
    expect(page.get_by_role("heading", level=1)).to_have_text("15 of your 15 seats are left")
    choose(page, "12–13 Mar 2018", 9)
    expect(page.get_by_role("heading", name="This leaves 6 seats")).to_be_visible()
    page.get_by_role("button", name="Book 9 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("9 seats at the training of 12–13 Mar 2018")
    reloads = sum(before == after for before, after in itertools.pairwise(seen))
    checked = 1  # reading what it costs is a page of its own, under the address of the form
    assert len(seen) - reloads + checked <= MOST_PAGES, seen
    page.goto(world.path)
    expect(page.get_by_role("heading", level=1)).to_have_text("6 of your 15 seats are left")
    choose(page, "14–15 May 2018", 6)
    expect(page.get_by_role("heading", name="This leaves 0 seats")).to_be_visible()
    page.get_by_role("button", name="Book 6 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("6 seats at the training of 14–15 May 2018")
    page.goto(world.path)
    expect(page.get_by_role("heading", level=1)).to_have_text("0 of your 15 seats are left")
    expect(page.get_by_role("heading", name="2 bookings so far")).to_be_visible()


def test_ten_strand_five_which_only_this_booking_can_take(world: World, page: Page) -> None:
    enter(page, world.letter)
    choose(page, "12–13 Mar 2018", 10)
    expect(page.locator(".verdict.warned")).to_contain_text(
        "This leaves 5 seats, fewer than a team of 6: they could then only be used by enlarging this booking"
    )
    page.get_by_role("button", name="Book 10 seats").click()
    page.goto(world.path)
    expect(page.locator(".next")).to_contain_text("5 seats are left")
    page.locator(".next").get_by_role("link", name="Enlarge the booking").click()
    page.get_by_label("Seats", exact=True).fill("16")
    page.get_by_role("button", name="Check what that means").click()
    expect(page.locator(".verdict.refused .say")).to_have_text("5 seats are left in this membership; you ask for 6.")
    page.get_by_label("Seats", exact=True).fill("15")
    page.get_by_role("button", name="Check what that means").click()
    page.get_by_role("button", name="Change to 15 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("15 seats at the training of 12–13 Mar 2018")


def test_a_team_too_late_by_a_day_asks_is_let_in_and_books(world: World, page: Page, live_server: LiveServer) -> None:
    world.now = LATE
    enter(page, world.letter)
    page.goto(f"/trainings/{world.march.code}/book/?membership={world.membership.pk}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not booked: 12–13 Mar 2018, Chicago time")
    expect(page.locator(".verdict.refused .say")).to_have_text(
        "A team signs up at least four weeks before a training. "
        "For this one that was until Mon 12 Feb 2018, end of day Chicago time; today is 27 days ahead."
    )
    expect(page.get_by_role("heading", name="This training fits 6 seats")).to_be_visible()
    page.get_by_role("link", name="Ask for an exception").click()
    page.get_by_label("Why this training").fill("Two of us were ill; the team is ready now.")
    page.get_by_role("button", name="Ask for an exception").click()
    expect(page.locator(".message")).to_contain_text("Asked.")
    expect(page.locator(".request")).to_contain_text("waits for staff")

    browser = page.context.browser
    assert browser is not None
    desk = new_page(browser, live_server, scripts=True)
    enter(desk, world.staff)
    desk.get_by_role("link", name=re.compile("^R6: ")).click()
    desk.get_by_role("link", name="Approve…").click()
    desk.locator("[name=note]").fill("Welcome all the same.")
    desk.locator(".submit-row input").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()

    page.goto(world.path)
    expect(page.locator(".request")).to_contain_text("Welcome all the same.")
    page.locator(".request").get_by_role("link", name="Book now").click()
    expect(page.locator(".verdict.allowed")).to_contain_text("Staff made an exception for you.")
    page.get_by_label("Site", exact=True).fill("Science Library")
    page.get_by_role("button", name="Book 6 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("6 seats at the training of 12–13 Mar 2018")


def test_cancelled_in_time_the_seats_come_back_and_a_day_later_they_are_lost(world: World, page: Page) -> None:
    march, may = world.team(6, world.march), world.team(9, world.may)
    enter(page, world.letter)
    page.goto(may)
    page.get_by_role("link", name="Cancel the booking").click()
    expect(page.locator(".verdict .say")).to_contain_text("9 seats go back to your membership")
    page.get_by_role("button", name="Cancel 9 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled: 9 seats at the training of 14–15 May 2018")
    page.goto(world.path)
    expect(page.get_by_role("heading", level=1)).to_have_text("9 of your 15 seats are left")
    world.now = LATE
    page.goto(march)
    page.get_by_role("link", name="Cancel the booking").click()
    expect(page.locator(".verdict.warned .say")).to_contain_text("6 seats are forfeited")
    page.get_by_role("button", name="Cancel 6 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled: 6 seats at the training of 12–13 Mar 2018")
    page.goto(world.path)
    expect(page.locator(".legend")).to_contain_text(re.compile(r"6\s+forfeited\s+9\s+left"))


def test_somebody_is_faster_and_what_else_fits_stands_below(world: World, page: Page) -> None:
    enter(page, world.letter)
    choose(page, "12–13 Mar 2018", 9)
    expect(page.get_by_role("heading", name="This leaves 6 seats")).to_be_visible()
    world.somebody_takes(22, world.march)  # eight are left
    page.get_by_role("button", name="Book 9 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not booked: 12–13 Mar 2018, Chicago time")
    expect(page.locator(".verdict.refused .say")).to_have_text("Only 8 places are free at this training; you ask for 9.")
    expect(page.locator("main")).to_contain_text("Nothing has changed: 15 seats are still yours.")
    expect(page.get_by_role("heading", name="This training fits 9 seats")).to_be_visible()
    page.get_by_role("link", name="Book 14–15 May 2018").click()
    expect(page.get_by_label("Seats", exact=True)).to_have_value("9")
    page.get_by_label("Site", exact=True).fill("Science Library")
    page.get_by_role("button", name="Book 9 seats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("9 seats at the training of 14–15 May 2018")


# by keyboard alone

FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    words: (at.labels && at.labels.length ? at.labels[0].textContent : at.innerText || at.value || "").trim().replace(/\\s+/g, " "),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    nothing: at === document.body,
  };
}"""


def tab_to(page: Page, words: str, *, most: int = 80) -> None:
    """Tab until what has the focus is called so. Whatever had it on the way could be seen to have it."""
    for _n in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        for _frame in range(40):  # the browser scrolls to it when it draws next
            if found["nothing"] or found["seen"]:
                break
            page.wait_for_timeout(50)
            found = page.evaluate(FOCUSED)
        assert found["nothing"] or found["seen"], f"focus is not seen: {found['words']}"
        if re.match(words, found["words"]):
            return
    raise AssertionError(f"no way by keyboard to {words}")


def test_a_team_is_booked_by_keyboard_alone(world: World, page: Page) -> None:
    page.goto(world.letter, wait_until="networkidle")  # with the reader's zone
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["words"] == "Skip to the page"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["words"] == "Enter the portal"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("15 of your 15 seats are left")
    tab_to(page, "Book 12–13 Mar 2018")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Book your team: 12–13 Mar 2018, Chicago time")
    tab_to(page, "Seats")
    page.keyboard.press("Control+a")
    page.keyboard.type("9")
    tab_to(page, "Site")
    page.keyboard.type("Science Library")
    tab_to(page, "Check without booking")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This leaves 6 seats")).to_be_visible()
    tab_to(page, "Book 9 seats")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("9 seats at the training of 12–13 Mar 2018")
