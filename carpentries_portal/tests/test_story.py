"""The whole story, in Chromium, against web + worker + beat, with the clock moved through fourteen months.

From the day on which staff record a gold membership to the day after it ends: a team of nine, one swapped, one who missed
too much, seven certified, one out of time, and six seats forfeited, each with its reason. Every part enters by the link in
a letter and does what it would do by hand.
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

DANA, NORA = "dana.whitfield@example.org", "nora.weiss@example.org"
TRAINING = "2018-03-12-chicago"
MEET = "https://meet.example.org/florida"
LOST = """
from memberships.models import LedgerEntry
print(*(f"{row.seats} seats {row.reason}" for row in LedgerEntry.objects.filter(rule="R12", target="forfeited")))
"""
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


def set_link(staff: Page) -> None:
    """Staff name the trainer and set the link of a training that came with the calendar."""
    staff.get_by_role("link", name="Name the trainers…").click()
    staff.get_by_label("Nora Weiss").check()
    staff.locator(".submit-row input").click()
    staff.locator(".submit-row input").click()  # what follows was read
    staff.get_by_role("link", name="Set the link…").click()
    staff.locator("[name=link]").fill(MEET)
    staff.locator(".submit-row input").click()
    expect(staff.locator(".messagelist .success")).to_be_visible()


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


def six_swaps_one(dana: Page, staff: Page, browser: Browser, stack: Stack, booking: str) -> Page:
    """Step 6: the roster is closed; one falls ill at two weeks, and staff accept the swap with one click. The page of who comes instead."""
    dana.goto(booking)
    dana.get_by_role("link", name="See who").or_(dana.get_by_role("link", name="People")).first.click()
    text = dana.get_by_label("Names and e-mails")
    text.fill(text.input_value().replace("Ida Berg", "Jonas Weber").replace("ida.berg", "jonas.weber"))
    dana.get_by_role("button", name="See what would change").click()
    expect(dana.locator("#preview")).to_contain_text("A request to staff: ")
    dana.get_by_label("Why").fill("Ida has broken her leg. Jonas can come.")
    dana.get_by_role("button", name="Ask staff for this change").click()
    expect(dana.locator("#asked")).to_have_text("Your request waits for staff")
    staff.goto(f"{stack.url}/admin/")
    staff.get_by_role("link", name=re.compile("P7: University of Florida")).click()
    staff.locator(".submit-row input").click()
    expect(staff.locator(".messagelist .success")).to_be_visible()
    assert "Your request is approved." in stack.letter(to=DANA, subject="Approved")
    stack.letter(to=TEAM["Ida Berg"], subject="does not take place for you")
    jonas = browser.new_context(timezone_id="America/New_York").new_page()
    enter(jonas, link_in(stack.letter(to="jonas.weber@example.com", subject="please fill in your application")))
    apply(jonas, name="Jonas Weber")
    return jonas


def seven_prepares_the_room(dana: Page, stack: Stack, booking: str) -> None:
    """Step 7, before: the link to test the room from D(14), and what is ready."""
    enter(dana, link_in(stack.letter(to=DANA, subject="room")))
    dana.goto(booking)
    expect(dana.get_by_role("link", name=MEET)).to_be_visible()
    dana.locator("[name=item]").first.check()
    dana.get_by_role("button", name="Save the checklist").click()
    expect(dana.locator("[name=item]").first).to_be_checked()


def seven_takes_the_roll_call(nora: Page, stack: Stack) -> None:
    """Step 7, after: everybody was there, but one came 70 minutes late; confirmed once it is read what follows."""
    enter(nora, link_in(stack.letter(to=NORA, subject="Roll call wanted")))
    for day in (1, 2):
        nora.goto(f"{stack.url}/trainings/{TRAINING}/attendance/?day={day}")
        if day == 1:
            hiro = nora.locator("fieldset", has_text="Hiro Tanaka")
            hiro.get_by_text("part of it", exact=True).click()
            hiro.locator("[name$=-late]").fill("10:10")
            expect(hiro.locator("[data-count]")).to_contain_text("70 minutes missed")
        nora.get_by_role("button", name=f"Day {day}: all there who are not marked").click()
        expect(nora.locator("[data-sync-text]")).to_have_text("Everything is saved.")
    nora.get_by_role("link", name="Confirm 9 people…").click()
    expect(nora.get_by_role("heading", level=1)).to_have_text("University of Florida: 8 pass, 1 not")
    nora.get_by_role("button", name="Confirm 9 people").click()
    expect(nora.locator(".message")).to_be_visible()


def eight_everybody_is_told(dana: Page, stack: Stack) -> None:
    """Step 8: eight seats used, one forfeited, and letters that say why and what is due."""
    assert "70 minutes" in stack.letter(to=TEAM["Hiro Tanaka"], subject="Not passed")
    assert "70 minutes" in stack.letter(to=DANA, subject="Hiro Tanaka did not pass")
    assert "Mon 11 Jun 2018" in stack.letter(to=TEAM["Ana Silva"], subject="You attended")
    dana.goto(stack.url)
    dana.get_by_role("link", name="See what to do next").click()
    for words in ("8 used", "1 forfeited", "6 left until Wed 15 Aug 2018"):
        expect(dana.locator(".legend")).to_contain_text(words)


def hand_in(page: Page, stack: Stack, exercise: str, *, on: str) -> None:
    page.get_by_role("link", name=re.compile(f"I have done it.*{exercise}")).click()
    page.get_by_label("Done on").fill(on)
    page.get_by_label("Link to it").fill("https://example.org/lessons/pull/7")
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".message")).to_be_visible()


def review_the_first(nora: Page, stack: Stack, *, result: str, feedback: str) -> None:
    nora.goto(f"{stack.url}/review/")
    nora.get_by_role("link", name="Review the first").click()
    nora.get_by_label(result).check()
    nora.get_by_label("What the trainee reads").fill(feedback)
    nora.get_by_role("button", name="Save, and on to the next").click()
    expect(nora.locator(".message")).to_be_visible()


def record_session(nora: Page, stack: Stack, exercise: str, names: list[str], *, on: str) -> None:
    """Everybody who passed, at once: pasted names, the matches read, recorded."""
    nora.goto(f"{stack.url}/review/session/")
    nora.get_by_label("Exercise").select_option(label=exercise)
    nora.get_by_label("Day of the session").fill(on)
    nora.get_by_label("Who passed").fill("\n".join(names))
    nora.get_by_role("button", name="See who that is").click()
    expect(nora.get_by_role("heading", level=1)).to_have_text(f"{len(names)} of {len(names)} lines can be recorded")
    nora.get_by_role("button", name="Record who is ticked as passed").click()
    expect(nora.locator(".message")).to_be_visible()


CONTRIBUTION, DISCUSSION, DEMONSTRATION = "Lesson contribution", "Discussion session", "Teaching demonstration"
FINISHED = ["Ana Silva", "Ben Okafor", "Dev Patel", "Eva Lindqvist", "Farid Haddad", "Jonas Weber"]


def nine_does_the_exercises(pages: dict[str, Page], nora: Page, staff: Page, stack: Stack) -> None:
    """Step 9: handed in and reviewed, one to repeat, one with more time, one out of time."""
    enter(pages["Ana Silva"], link_in(stack.letter(to=TEAM["Ana Silva"], subject="You attended")))
    stack.move_clock("2018-04-10T15:00:00+00:00")
    ana, ben = pages["Ana Silva"], pages["Ben Okafor"]
    enter_again(ben, stack, TEAM["Ben Okafor"])
    for page in (ana, ben):
        page.goto(stack.url)
        page.get_by_role("link", name=re.compile("exercises")).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("3 of 3 exercises to go")
    hand_in(ana, stack, CONTRIBUTION, on="2018-04-09")
    review_the_first(nora, stack, result="Passed", feedback="Clear issue report, thank you.")
    assert "Clear issue report" in stack.letter(to=TEAM["Ana Silva"], subject=f"Passed: {CONTRIBUTION}")
    hand_in(ben, stack, DEMONSTRATION, on="2018-04-08")
    review_the_first(nora, stack, result="To repeat", feedback="Say it first, then type.")
    assert "Say it first, then type." in stack.letter(to=TEAM["Ben Okafor"], subject=f"Please repeat: {DEMONSTRATION}")
    stack.move_clock("2018-05-10T15:00:00+00:00")
    ben.reload()
    hand_in(ben, stack, DEMONSTRATION, on="2018-05-09")
    review_the_first(nora, stack, result="Passed", feedback="Much better.")
    record_session(nora, stack, CONTRIBUTION, FINISHED[1:], on="2018-05-08")
    record_session(nora, stack, DISCUSSION, FINISHED, on="2018-05-08")
    record_session(nora, stack, DEMONSTRATION, [name for name in FINISHED if name != "Ben Okafor"], on="2018-05-09")


def enter_again(page: Page, stack: Stack, email: str) -> None:
    """By the newest letter that holds a link."""
    enter(page, link_in(stack.letter(to=email, subject="You attended")))


def nine_more_time_and_none(chloe: Page, nora: Page, staff: Page, stack: Stack) -> None:
    """Step 9, the dates: Chloé asks for more time before the last day and gets it; for Grace the time runs out."""
    stack.move_clock("2018-06-05T12:31:00+00:00")
    enter(chloe, link_in(stack.letter(to=TEAM["Chloé Martin"], subject="exercises passed")))
    chloe.goto(stack.url)
    chloe.get_by_role("link", name=re.compile("exercises")).first.click()
    chloe.get_by_role("link", name="Ask for more time").click()
    chloe.get_by_label("Until when, if you know").fill("2018-07-11")
    chloe.get_by_role("textbox", name="Why").fill("I was on parental leave.")
    chloe.get_by_role("button", name="Ask for more time").click()
    staff.goto(f"{stack.url}/admin/")
    staff.get_by_role("link", name=re.compile("R25.*Chloé Martin|Chloé Martin.*R25")).first.click()
    staff.get_by_role("link", name="Approve…").click()
    staff.locator(".submit-row input").click()
    expect(staff.locator(".messagelist .success")).to_be_visible()
    assert "Wed 11 Jul 2018" in stack.letter(to=TEAM["Chloé Martin"], subject="Approved")
    stack.move_clock("2018-06-12T12:31:00+00:00")
    assert "Mon 11 Jun 2018" in stack.letter(to=TEAM["Grace Mbeki"], subject="The time for your exercises is over")
    stack.move_clock("2018-07-09T15:00:00+00:00")
    for exercise in (CONTRIBUTION, DISCUSSION, DEMONSTRATION):
        record_session(nora, stack, exercise, ["Chloé Martin"], on="2018-07-06")


def ten_certified(dana: Page, browser: Browser, stack: Stack) -> None:
    """Step 10: the PDF by letter, anybody can check it; the coordinator sees who is where, and what is about to be lost."""
    for name in [*FINISHED, "Chloé Martin"]:
        stack.letter(to=TEAM.get(name, "jonas.weber@example.com"), subject="Your certificate")
    text, pdf = stack.attached(to=TEAM["Chloé Martin"], subject="Your certificate", suffix=".pdf")
    assert pdf.startswith(b"%PDF")
    anybody = browser.new_context().new_page()
    anybody.goto(re.findall(r"http://\S+/verify/\S+", text)[0])
    expect(anybody.get_by_role("heading", level=1)).to_have_text("This certificate is valid")
    expect(anybody.locator(".facts")).to_contain_text("Chloé Martin")
    dana.goto(stack.url)
    dana.get_by_role("link", name="See what to do next").click()
    main = dana.locator("main")
    expect(main.get_by_text("certified", exact=True)).to_have_count(7)
    expect(main.get_by_text("expired", exact=True)).to_have_count(1)
    expect(main).to_contain_text("not passed")
    expect(main).to_contain_text("14–15 Aug 2018, Los Angeles")
    stack.move_clock("2018-08-17T12:31:00+00:00")
    stack.wait(lambda: "6 seats" in stack.manage("shell", "-v0", "-c", LOST), "the year's end forfeits what is left")
    assert "All adds up." in stack.manage("audit")


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
    pages = five_invites(dana, browser, stack)
    staff.goto(f"{stack.url}/admin/trainings/training/?q={TRAINING}")
    staff.get_by_role("link", name=TRAINING).click()
    set_link(staff)
    stack.move_clock("2018-02-26T12:31:00+00:00")
    pages["Jonas Weber"] = six_swaps_one(dana, staff, browser, stack, booking)
    seven_prepares_the_room(dana, stack, booking)
    stack.move_clock("2018-03-14T12:31:00+00:00")
    nora = browser.new_context(timezone_id="America/Chicago").new_page()
    seven_takes_the_roll_call(nora, stack)
    eight_everybody_is_told(dana, stack)
    nine_does_the_exercises(pages, nora, staff, stack)
    nine_more_time_and_none(pages["Chloé Martin"], nora, staff, stack)
    ten_certified(dana, browser, stack)
