"""The whole story, in Chromium, against web + worker + beat, with the clock moved through fourteen months.

From the day on which staff record a gold membership to the day after it ends: a team of nine, one swapped, one who missed
too much, seven certified, one out of time, and six seats forfeited, each with its reason. Every part enters by the link in
a letter and does what it would do by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from carpentries_portal.common.testing.stack import Stack
from carpentries_portal.tests.browsing import CHROMIUM, DATA, enter, enter_as_staff, fill_add, link_in

pytestmark = pytest.mark.browser

DANA, NORA = "dana.whitfield@example.org", "nora.weiss@example.org"
TRAINING = "2018-03-12-chicago"
TEAM = {
    "Ana Silva": "ana.silva@example.com",
    "Ben Okafor": "ben.okafor@example.com",
    "Chloé Martin": "chloe.martin@example.com",
    "Dev Patel": "dev.patel@example.com",
    "Eva Lindqvist": "eva.lindqvist@example.com",
    "Farid Haddad": "farid.haddad@example.com",
    "Grace Mbeki": "grace.mbeki@example.com",
    "Hiro Tanaka": "hiro.tanaka@example.com",
    "Ida Berg": "ida.berg@example.com",
}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    portal = Stack(tmp_path, moved="2017-07-10T15:00:00+00:00")
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


def headline(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def one_joins(staff: Page, stack: Stack) -> None:
    """Step 1: fifteen seats from a date, and the letter with the link thirty days before it."""
    fill_add(staff, stack, "memberships/organization", name="University of Florida", zone="America/New_York")
    year = {"starts_on": "2017-08-16", "ends_on": "2018-08-15"}
    fill_add(staff, stack, "memberships/membership", organization="University of Florida", level="gold", **year)
    fill_add(staff, stack, "memberships/coordinator", organization="University of Florida", name="Dana Whitfield", email=DANA)
    fill_add(staff, stack, "trainings/trainer", name="Nora Weiss", email=NORA)
    assert not stack.letters()  # more than thirty days ahead
    stack.move_clock("2017-07-17T13:00:00+00:00")


def two_sees_what_she_has(dana: Page, stack: Stack) -> None:
    """Step 2: fifteen left, until when, and which trainings fit."""
    dana.goto(stack.url)
    dana.get_by_role("link", name="See what to do next").click()
    expect(dana.get_by_role("heading", level=1)).to_have_text("15 of your 15 seats are left")
    expect(dana.locator(".legend")).to_contain_text("15 left until Wed 15 Aug 2018")
    expect(dana.locator("main")).to_contain_text("Best trained by Fri 16 Feb 2018: in the first six months of your year.")
    expect(dana.locator("#fit")).to_contain_text("trainings that fit your team")
    dana.get_by_role("link", name="12–13 Mar 2018, Chicago", exact=True).click()


def three_books_nine(dana: Page, stack: Stack) -> str:
    """Step 3: told what it leaves before she confirms. Returns the address of the booking's page."""
    dana.get_by_role("link", name="Book for University of Florida, gold").click()
    dana.get_by_label("Site", exact=True).fill("Science Library")
    dana.get_by_label("Room", exact=False).first.fill("L136")
    dana.get_by_label("Seats", exact=True).fill("9")
    dana.get_by_role("button", name="Check without booking").click()
    expect(dana.get_by_role("heading", name="This leaves 6 seats")).to_be_visible()
    dana.get_by_role("button", name="Book 9 seats").click()
    expect(dana.get_by_role("heading", level=1)).to_contain_text("9 seats at the training of 12–13 Mar 2018")
    assert "Mon 12 Mar 2018, 9:00" in stack.letter(to=DANA, subject="9 seats booked")
    return dana.url


def four_names_nine(dana: Page, booking: str) -> None:
    """Step 4: nine rows pasted from a spreadsheet; one cell is wrong, said there, mended; nothing was saved before."""
    dana.goto(booking)
    dana.get_by_role("link", name="Name people").click()
    rows = "\n".join(f"{name}\t{email}" for name, email in TEAM.items())
    dana.get_by_label("Names and e-mails").fill("Name\tE-mail\n" + rows.replace("dev.patel@example.com", "dev.patel(at)example"))
    dana.get_by_role("button", name="Check the list").click()
    expect(dana.get_by_role("heading", name="One thing to mend before this list can be accepted")).to_be_visible()
    expect(dana.locator("tr", has_text="Dev Patel").locator(".cell-bad")).to_be_visible()
    dana.get_by_label("Names and e-mails").fill("Name\tE-mail\n" + rows)
    dana.get_by_role("button", name="Check the list").click()
    dana.get_by_role("button", name="Accept 9 names").click()
    expect(dana.get_by_role("heading", level=1)).to_have_text("9 of 9 people are named")


def apply(page: Page, *, name: str) -> None:
    """The application: saved half-way, then complete."""
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Your name as it shall stand on the certificate").fill(name)
    page.get_by_label("Country where you work").select_option(label="United States of America")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".message")).to_contain_text("Saved. Go on whenever you like.")
    page.get_by_label("What do you do?").select_option(label="Graduate student")
    page.get_by_label("Library and information science").check()
    page.get_by_label("Your training in teaching so far").select_option(label="a workshop")
    page.get_by_label("Your experience in teaching so far").select_option(label="teaching assistant for a full course")
    page.get_by_label("I agree to follow the code of conduct").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".message")).to_contain_text("Your application is complete.")


def five_invites(dana: Page, browser: Browser, stack: Stack) -> dict[str, Page]:
    """Step 5: personal links; each sees hours in their own zone and fills in the application. The pages of all nine."""
    dana.get_by_role("button", name="Send 9 invitations now").click()
    pages = {}
    for name, email in TEAM.items():
        pages[name] = browser.new_context(timezone_id="America/New_York").new_page()
        enter(pages[name], link_in(stack.letter(to=email, subject="please fill in your application")))
        expect(pages[name].locator(".lead")).to_contain_text("9:00–17:00 Chicago time")
    for name in list(TEAM)[:8]:  # the ninth falls ill
        apply(pages[name], name=name)
    return pages


def test_story_from_fifteen_seats_to_seven_certificates(stack: Stack, browser: Browser) -> None:
    staff = browser.new_context().new_page()
    enter_as_staff(staff, stack)
    one_joins(staff, stack)
    dana = browser.new_context(timezone_id="America/New_York").new_page()
    enter(dana, link_in(stack.letter(to=DANA, subject="15 seats")))
    stack.move_clock("2018-01-12T15:00:00+00:00")
    stack.manage("import_calendar", str(DATA / "training_calendar_2017_2026.csv"))
    two_sees_what_she_has(dana, stack)
    booking = three_books_nine(dana, stack)
    stack.move_clock("2018-02-07T15:00:00+00:00")
    four_names_nine(dana, booking)
    five_invites(dana, browser, stack)
