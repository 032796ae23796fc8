"""The roll call in Chromium, on a phone: the connection is cut in the middle, answers get lost, the page is loaded again; nothing doubles or goes missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Person
from carpentries_portal.tests.browsing import CHROMIUM, flaws
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainees import actions
from trainees.factories import name_people
from trainees.models import Place, RollCall, RollCallMark
from trainees.policy import text_of
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARK = "**/attendance/mark/"
PHONE = {"width": 320, "height": 700}


class Room:
    """A team of six at a training of Chicago time; it is five past ten of its first day."""

    def __init__(self, server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url, self.trainer = server.url, TrainerFactory().person
        self.dana = CoordinatorFactory(name="Dana Whitfield")
        self.training: Training = TrainingFactory(trainers=[self.trainer.trainer])
        membership = MembershipFactory(organization=self.dana.organization)
        self.booking: Booking = BookingFactory(training=self.training, membership=membership, by=self.dana.person, seats=6)
        self.places: list[Place] = list(name_people(self.booking, 6, by=self.dana.person))
        self.now: datetime = self.training.starts_at + timedelta(minutes=65)
        self.links = {person.pk: self.link(person) for person in (self.trainer, self.dana.person)}
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def link(self, person: Person) -> str:
        path = f"/trainings/{self.training.code}/attendance/"
        return make_link(person=person, purpose="test", leads_to=path, now=self.training.starts_at)

    def open(self, context: BrowserContext, person: Person) -> Page:
        page = context.new_page()
        page.goto(self.url + self.links[person.pk])
        page.get_by_role("button", name="Enter the portal").click()
        expect(page.locator("[data-sync-bar]")).to_contain_text("Everything is saved.")
        return page

    def row(self, page: Page, number: int, day: int = 1) -> Locator:
        return page.locator(f"#p{self.places[number].pk}d{day}")

    def stands(self) -> dict[int, str]:
        """What stands for day 1, by the person's number."""
        rows = {row.place_id: text_of(row.marks()) for row in RollCall.objects.filter(day=1)}
        return {number: rows[place.pk] for number, place in enumerate(self.places) if place.pk in rows}


@pytest.fixture
def room(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(live_server, monkeypatch)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport=PHONE, has_touch=True, timezone_id="Europe/Berlin")


def all_saved(page: Page) -> None:
    expect(page.locator("[data-sync-bar]")).to_contain_text("Everything is saved.")


def test_the_connection_is_cut_in_the_middle_and_nothing_is_lost_or_doubled(room: Room, phone: BrowserContext) -> None:
    page = room.open(phone, room.trainer)
    room.row(page, 0).get_by_text("all day", exact=True).click()
    expect(room.row(page, 0)).to_contain_text("0 of 60 minutes used")
    expect(room.row(page, 0)).to_contain_text(f"Saved 10:05, {room.trainer}")

    phone.set_offline(True)
    room.row(page, 1).get_by_role("button", name="Came now").click()  # by the training's clock, though the phone is in Berlin
    room.row(page, 2).get_by_text("absent", exact=True).click()
    room.row(page, 2).get_by_text("all day", exact=True).click()  # a slip, mended before it could be sent
    page.get_by_role("button", name="Day 1: all there who are not marked").click()
    expect(page.locator("[data-sync-bar]")).to_contain_text("No connection. Marks kept on this device: 5.")
    expect(room.row(page, 1)).to_contain_text("not saved yet")
    assert (room.stands(), flaws(page)) == ({0: "there"}, [])

    phone.set_offline(False)
    all_saved(page)
    expect(room.row(page, 1)).to_contain_text("65 minutes missed, up to 60 pass: would not pass")
    assert room.stands() == {0: "there", 1: "late 10:05", **dict.fromkeys(range(2, 6), "there")}
    assert RollCallMark.objects.count() == 6
    assert set(RollCallMark.objects.filter(rest=True).values_list("place", flat=True)) == {place.pk for place in room.places[3:]}
    assert flaws(page) == []


def test_an_answer_that_is_lost_is_asked_for_again_and_the_mark_counts_once(room: Room, phone: BrowserContext) -> None:
    page = room.open(phone, room.trainer)
    keys: list[str] = []
    healed: list[bool] = []

    def lose(route: Route) -> None:
        """The server takes the mark; the device never hears of it."""
        keys.append(re.findall(r"key=([0-9a-f-]+)", route.request.post_data or "")[0])
        if healed:
            route.continue_()
        else:
            route.fetch()
            route.abort()

    page.route(MARK, lose)
    room.row(page, 0).get_by_text("absent", exact=True).click()
    expect(page.locator("[data-sync-bar]")).to_contain_text("No connection.")
    page.get_by_role("button", name="Try now").click()
    healed.append(True)
    all_saved(page)
    assert len(keys) >= 2
    assert (len(set(keys)), RollCallMark.objects.count(), room.stands()) == (1, 1, {0: "absent"})


def test_unsaved_marks_outlive_the_page_and_it_says_so(room: Room, phone: BrowserContext) -> None:
    page = room.open(phone, room.trainer)
    phone.route(MARK, lambda route: route.abort())
    room.row(page, 0).get_by_role("button", name="Left now").click()
    first = room.row(page, 1)
    first.get_by_text("Times", exact=False).first.click()
    first.get_by_label("Away from").fill("09:10")
    expect(first).to_contain_text("Not saved: fill in both times, from and to.")
    first.get_by_label("to", exact=True).fill("09:20")
    first.get_by_role("button", name="Another absence").click()
    first.get_by_label("Away from").nth(1).fill("09:30")
    first.get_by_label("to", exact=True).nth(1).fill("09:35")
    expect(page.locator("[data-sync-bar]")).to_contain_text("Marks kept on this device: 2.")

    page.reload()
    expect(page.locator("[data-sync-bar]")).to_contain_text(re.compile("Marks kept on this device: 2|Marks from before.*: 2"))
    expect(room.row(page, 0).get_by_label("Left")).to_have_value("10:05")
    expect(room.row(page, 1).get_by_label("Away from").nth(1)).to_have_value("09:30")
    expect(room.row(page, 1)).to_contain_text("not saved yet")
    assert (room.stands(), flaws(page)) == ({}, [])
    page.goto(f"{page.url.split('?')[0]}?day=2")  # also from the other day's page
    phone.unroute(MARK)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    all_saved(page)
    assert room.stands() == {0: "left 10:05", 1: "away 09:10-09:20, away 09:30-09:35"}
    page.goto(page.url.split("?")[0])
    room.row(page, 0).get_by_role("button", name="Back now").click()
    expect(room.row(page, 0)).to_contain_text("0 of 60 minutes used")
    all_saved(page)
    assert room.stands()[0] == "there"  # back within the minute
    assert RollCallMark.objects.count() == 3


def test_two_keep_the_same_roll_call_and_the_newer_mark_stands(room: Room, browser: Browser) -> None:
    phones = [browser.new_context(viewport=PHONE) for _ in range(2)]
    dana, nora = room.open(phones[0], room.dana.person), room.open(phones[1], room.trainer)
    phones[0].set_offline(True)
    room.row(dana, 0).get_by_text("absent", exact=True).click()
    room.row(dana, 1).get_by_text("absent", exact=True).click()
    expect(dana.locator("[data-sync-bar]")).to_contain_text("Marks kept on this device: 2.")
    room.now += timedelta(minutes=10)
    nora.reload()
    room.row(nora, 0).get_by_role("button", name="Came now").click()
    all_saved(nora)
    phones[0].set_offline(False)
    all_saved(dana)
    expect(room.row(dana, 0)).to_contain_text(f"Something newer stands. Saved 10:15, {room.trainer}")
    expect(room.row(dana, 0).get_by_label("Came")).to_have_value("10:15")
    assert room.stands() == {0: "late 10:15", 1: "absent"}
    nora.reload()
    expect(room.row(nora, 1)).to_contain_text("Saved 10:15, Dana Whitfield")
    room.row(dana, 0).get_by_text("absent", exact=True).click()  # who has seen the newer one may change it
    all_saved(dana)
    assert room.stands()[0] == "absent"


def test_a_mark_that_comes_after_the_confirmation_is_answered_with_a_sentence_that_stays(room: Room, phone: BrowserContext) -> None:
    page = room.open(phone, room.trainer)
    phone.route(MARK, lambda route: route.abort())
    room.row(page, 0).get_by_text("absent", exact=True).click()
    expect(page.locator("[data-sync-bar]")).to_contain_text("Marks kept on this device: 1.")
    for day in (1, 2):
        actions.mark_team(booking_id=room.booking.pk, marks={}, rest_on=day, by=room.trainer, now=room.now)
    room.now = room.training.ends_at
    page.reload()
    page.get_by_role("link", name="Confirm 6 people…").click()
    expect(page.locator("[data-sync-bar]")).to_contain_text("Wait until everything is saved")
    actions.confirm_attendance(booking_id=room.booking.pk, by=room.trainer, now=room.now)
    phone.unroute(MARK)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    sentence = f"Not saved: {room.places[0].name}: Attendance was confirmed already; staff can correct it."
    expect(page.locator("[data-sync-bar]")).to_contain_text(sentence)
    page.reload()
    expect(page.locator("[data-sync-bar]")).to_contain_text(sentence)
    with page.expect_navigation():  # the page is loaded anew, and until then its bar is hidden as well
        page.get_by_role("button", name="Let go of what was not saved").click()
    expect(page.locator("[data-sync-bar]")).to_be_hidden()
    assert (room.stands()[0], flaws(page)) == ("there", [])


def test_who_is_logged_out_meanwhile_is_told_and_loses_nothing(room: Room, phone: BrowserContext) -> None:
    page = room.open(phone, room.trainer)
    again = room.link(room.trainer)
    phone.clear_cookies()
    room.row(page, 0).get_by_text("all day", exact=True).click()
    expect(page.locator("[data-sync-bar]")).to_contain_text(re.compile("You are logged out|too old"))
    page.goto(room.url + again)
    page.get_by_role("button", name="Enter the portal").click()
    all_saved(page)
    assert room.stands() == {0: "there"}


def test_without_javascript_it_is_a_plain_form(room: Room, browser: Browser) -> None:
    page = browser.new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(room.url + room.links[room.trainer.pk])
    page.get_by_role("button", name="Enter the portal").click()
    row = room.row(page, 0)
    row.get_by_text("Times", exact=False).first.click()
    row.get_by_label("Away from").fill("09:10")
    row.get_by_label("to", exact=True).fill("09:20")
    room.row(page, 1).get_by_text("absent", exact=True).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).last.click()
    assert room.stands() == {0: "away 09:10-09:20", 1: "absent"}
    row.get_by_text("away 09:10 to 09:20").click()
    row.get_by_label("Away from").nth(1).fill("09:30")
    row.get_by_label("to", exact=True).nth(1).fill("09:35")
    with page.expect_navigation():
        page.get_by_role("button", name="Day 1: all there who are not marked").click()
    assert room.stands() == {0: "away 09:10-09:20, away 09:30-09:35", 1: "absent", **dict.fromkeys(range(2, 6), "there")}
