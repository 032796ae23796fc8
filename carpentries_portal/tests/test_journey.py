"""The spine, in Chromium, against web + worker + beat, with the clock moved.

Staff add a member, its coordinator enters by the letter's link, books 9 of 15, is refused at D(27) in the training's
zone, asks, staff approve in admin, the coordinator books; the night cancels the empty training; everyone's letters say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from carpentries_portal.common.testing.stack import Stack
from carpentries_portal.tests.browsing import CHROMIUM, DATA, enter, enter_as_staff, fill_add, link_in

pytestmark = pytest.mark.browser


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    portal = Stack(tmp_path, moved="2018-01-08T15:00:00+00:00")
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


def staff_set_the_stage(page: Page, stack: Stack) -> None:
    fill_add(page, stack, "memberships/organization", name="University of Florida", zone="America/New_York")
    fill_add(
        page,
        stack,
        "memberships/membership",
        organization="University of Florida",
        level="gold",
        starts_on="2018-01-01",
        ends_on="2018-12-31",
    )
    fill_add(
        page,
        stack,
        "memberships/coordinator",
        organization="University of Florida",
        name="Dana Whitfield",
        email="dana.whitfield@example.org",
    )
    fill_add(page, stack, "trainings/trainer", name="Nora Weiss", email="nora.weiss@example.org")
    fill_add(
        page, stack, "trainings/training", starts_on="2018-02-27", zone="America/Denver", trainers="Nora Weiss"
    )  # nobody will book it


def book_nine(page: Page, stack: Stack) -> None:
    """From the letter to the booked team: enter, membership, training, booking, done."""
    enter(page, link_in(stack.letter(to="dana.whitfield@example.org", subject="15 seats")))
    expect(page.get_by_role("heading", level=1)).to_contain_text("15 of your 15 seats are left")
    page.goto(f"{stack.url}/trainings/2018-03-12-chicago/")
    expect(page.locator(".lead")).to_contain_text("9:00–17:00 Chicago time")
    page.get_by_role("link", name="Book for University of Florida, gold").click()
    page.get_by_label("Site", exact=True).fill("Science Library")
    page.get_by_label("Seats", exact=True).fill("10")
    page.get_by_role("button", name="Check without booking").click()
    expect(page.locator(".verdict.warned")).to_contain_text(
        "This leaves 5 seats, fewer than a team of 6: they could then only be used by enlarging this booking"
    )
    page.get_by_label("Seats", exact=True).fill("9")
    page.get_by_role("button", name="Check without booking").click()
    expect(page.get_by_role("heading", name="This leaves 6 seats")).to_be_visible()
    page.get_by_role("button", name="Book 9 seats").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("9 seats at the training of 12–13 Mar 2018")


REFUSAL = (
    "A team signs up at least four weeks before a training. "
    "For this one that was until Thu 1 Feb 2018, end of day New York time; today is 27 days ahead."
)


def refused_and_asks(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/trainings/2018-03-01-new-york/")
    page.get_by_role("link", name="Book for University of Florida, gold").click()
    expect(page.locator(".verdict.refused .say")).to_have_text(REFUSAL)
    expect(page.locator(".state.tag.bad")).to_contain_text("not booked")
    page.get_by_role("link", name="Ask for an exception").click()
    page.get_by_label("Why this training").fill("Two of us were ill; the team is ready now.")
    page.get_by_role("button", name="Ask for an exception").click()
    expect(page.locator(".message")).to_contain_text("Asked.")


def staff_approve(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/admin/")
    page.get_by_role("link", name=re.compile("R6: University of Florida")).click()
    page.get_by_role("link", name="Approve…").click()
    expect(page.locator(".consequence")).to_contain_text(REFUSAL)
    page.locator("[name=note]").fill("Welcome all the same.")
    page.locator(".submit-row input").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_spine_from_the_welcome_letter_to_the_night(stack: Stack, browser: Browser) -> None:
    stack.manage("import_calendar", str(DATA / "training_calendar_2017_2026.csv"))
    staff = browser.new_context().new_page()
    enter_as_staff(staff, stack)
    staff_set_the_stage(staff, stack)
    dana = browser.new_context(timezone_id="America/New_York").new_page()
    book_nine(dana, stack)
    booked = stack.letter(to="dana.whitfield@example.org", subject="9 seats booked")
    assert "Mon 12 Mar 2018, 9:00" in booked

    stack.move_clock("2018-02-02T05:30:00+00:00")  # 00:30 on 2 February in New York: D(27)
    refused_and_asks(dana, stack)
    assert REFUSAL in stack.letter(to="staff@example.org", subject="To decide")
    staff_approve(staff, stack)
    decided = stack.letter(to="dana.whitfield@example.org", subject="Approved")
    assert "Welcome all the same." in decided
    dana.goto(f"{stack.url}/trainings/2018-03-01-new-york/book/")
    expect(dana.locator(".verdict.allowed")).to_contain_text("Staff made an exception for you.")
    dana.get_by_role("button", name="Book 6 seats").click()
    expect(dana.get_by_role("heading", level=1)).to_contain_text("6 seats at the training of 1–2 Mar 2018")

    stack.move_clock("2018-02-03T12:31:00+00:00")  # the night after D(26) of the empty one
    why = "No member had signed up by Tue 30 Jan 2018, end of day Denver time, four weeks ahead."
    assert why in stack.letter(to="nora.weiss@example.org", subject="Cancelled")
    dana.goto(f"{stack.url}/trainings/2018-02-27-denver/")
    expect(dana.locator(".verdict.refused")).to_contain_text(why)
    assert "All adds up." in stack.manage("audit")
