"""Rosters in Chromium: a list with eight kinds of mistakes, mended; the application on a phone; the sheet to sign on paper; P7 from list to list."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Person
from carpentries_portal.tests.browsing import CHROMIUM
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainees.actions import Named, accept_roster
from trainees.models import Place
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2018, 2, 13, 18, tzinfo=UTC)
LIST = "Names and e-mails, one person a line"
# not an address, no name, no address, twice, at another team's list, another place, a formula, one too many
MISTAKES = """Ana Silva\tana@example,org
\tbo@example.org
Chi Cheng\t
Di Prima\tdi@example.org
Dee Prima\tDI@example.org
Ed Ruscha\ttaken@example.org
Fay Wray\tfay@example.org\tAnnex
=HYPERLINK("x")\tgus@example.org
Hal Foster\thal@example.org"""
MENDED = """Ana Silva\tana@example.org
Bo Diddley\tbo@example.org
Chi Cheng\tchi@example.org
Di Prima\tdi@example.org
Ed Ruscha\ted@example.org
Fay Wray\tfay@example.org"""


class Cast:
    """A team of six seats without a name, another team at the same training, staff; each with a way in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.at(NOW)
        dana, other = CoordinatorFactory(name="Dana Whitfield"), CoordinatorFactory()
        training = TrainingFactory()
        self.dana: Person = dana.person
        self.booking = self._booking(dana, training)
        theirs = self._booking(other, training)
        accept_roster(booking_id=theirs.pk, people=[Named(1, "Somebody", "taken@example.org")], by=other.person, now=NOW)
        self.staff: Person = StaffFactory(is_superuser=True)
        self.people = f"/bookings/{self.booking.pk}/people/"
        self.links = {"dana": self._link(self.dana), "staff": self._link(self.staff)}

    @staticmethod
    def _booking(who: object, training: object) -> Booking:
        return BookingFactory(
            training=training, membership=MembershipFactory(organization=who.organization), by=who.person, seats=6
        )

    def at(self, now: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: now)

    def name_all(self) -> None:
        """The six, and a way in for the first of them."""
        rows = [line.split("\t") for line in MENDED.splitlines()]
        people = [Named(number, name, email) for number, (name, email) in enumerate(rows, start=1)]
        accept_roster(booking_id=self.booking.pk, people=people, by=self.dana, now=NOW)
        self.ana = Place.objects.select_related("person").get(name="Ana Silva")
        self.links["ana"] = self._link(self.ana.person)

    @staticmethod
    def _link(person: Person) -> str:
        return make_link(person=person, purpose="test", leads_to="/", now=clock.now())


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    return Cast(monkeypatch)


@pytest.fixture
def team(cast: Cast) -> Cast:
    """All six named."""
    cast.name_all()
    return cast


@pytest.fixture
def elsewhere(team: Cast) -> Cast:
    """The team in New York; one of the six at another place, one alone."""
    Booking.objects.filter(pk=team.booking.pk).update(site_zone="America/New_York")
    Place.objects.filter(name="Ed Ruscha").update(location="Annex")
    Place.objects.filter(name="Fay Wray").update(location="remote", remote=True)
    return team


@pytest.fixture
def closed(team: Cast) -> Cast:
    """Two weeks before the training; the list has closed."""
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    team.at(datetime(2018, 2, 26, 15, tzinfo=UTC))
    team.links |= {"dana": team._link(team.dana), "staff": team._link(team.staff)}
    return team


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """After the rows are made: Playwright's loop would give the test a second connection, which nobody closes."""
    wanted = [name for name in ("closed", "elsewhere", "team", "cast") if name in request.fixturenames]
    request.getfixturevalue(wanted[0])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


def enter(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.get_by_role("button", name="Enter the portal").click()
    return page


def test_a_list_with_eight_kinds_of_mistakes_is_mended_and_accepted(live_server: LiveServer, cast: Cast, browser: Browser) -> None:
    page = enter(browser.new_context(), live_server.url + cast.links["dana"])
    page.goto(live_server.url + cast.people)
    page.get_by_label(LIST).fill(MISTAKES)
    page.get_by_role("button", name="Check the list").click()
    for line, sentence in {
        "Ana Silva": "Is “ana@example.org” meant?",
        "bo@example.org": "The name is missing",
        "Chi Cheng": "The e-mail address is missing",
        "Dee Prima": "stands on line 4 too",
        "Ed Ruscha": "Is on another team’s list at this training.",
        "Fay Wray": "Another place than",
        "gus@example.org": "takes it for a formula",
        "Hal Foster": "one too many",
    }.items():
        expect(page.get_by_role("row").filter(has_text=line).first).to_contain_text(sentence)
    expect(page.get_by_role("heading", name="things to mend before this list can be accepted")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Accept"))).to_have_count(0)
    page.get_by_role("button", name="Take the suggestions and check again").click()
    expect(page.get_by_role("row").filter(has_text="Ana Silva")).to_contain_text("new")
    page.get_by_label(LIST).fill(MENDED)
    page.get_by_role("button", name="Check the list").click()
    page.get_by_role("button", name="Accept 6 names").click()
    expect(page.get_by_role("heading", name="6 of 6 people are named")).to_be_visible()
    page.get_by_role("button", name="Undo the last list").click()
    expect(page.get_by_text("Undone: the list is as it was before.")).to_be_visible()


def test_the_application_on_a_phone_is_saved_as_one_goes_and_shows_how_far(
    live_server: LiveServer, team: Cast, browser: Browser
) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, timezone_id="Europe/Lisbon")
    page = enter(phone, live_server.url + team.links["ana"])
    page.goto(f"{live_server.url}/places/{team.ana.pk}/")
    page.get_by_role("link", name="Begin").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your application: 0 of 8 answers")
    page.get_by_label("Your name as it shall stand on the certificate").fill("Ana Maria Silva")
    page.get_by_label("Country where you work").select_option(label="Portugal")
    expect(page.locator("[data-kept]")).to_have_text("Saved.")  # as one goes: nothing was pressed
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 of 8 answers")
    phone.set_offline(True)
    page.get_by_label("What do you do?").select_option(label="Librarian or archivist")
    expect(page.locator("[data-kept]")).to_have_text("Not saved yet: no connection. Press Save when it is back.")
    phone.set_offline(False)
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("Saved. Go on whenever you like.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 of 8 answers")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.close()

    page = phone.new_page()  # left, and found again
    page.goto(f"{live_server.url}/places/{team.ana.pk}/application/")
    expect(page.get_by_label("Your name as it shall stand on the certificate")).to_have_value("Ana Maria Silva")
    expect(page.get_by_text("Still to answer")).to_be_visible()
    page.get_by_label("Library and information science").check()
    page.get_by_label("Your training in teaching so far").select_option(label="a workshop")
    page.get_by_label("Your experience in teaching so far").select_option(label="none")
    expect(
        page.get_by_text("Only staff read this: not your coordinator, not your trainers, not the other participants.")
    ).to_be_visible()
    page.get_by_label("I agree to follow the code of conduct of The Carpentries.").check()
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("Your application is complete. Thank you!")).to_be_visible()
    expect(page.get_by_role("heading", name="Be there on both days, from the first minute")).to_be_visible()


def test_the_sheet_to_sign_is_one_page_of_paper_for_each_site_with_its_people_and_nothing_else(
    live_server: LiveServer, elsewhere: Cast, browser: Browser, tmp_path: Path
) -> None:
    page = enter(browser.new_context(timezone_id="Asia/Tokyo"), live_server.url + elsewhere.links["dana"])
    page.goto(f"{live_server.url}/bookings/{elsewhere.booking.pk}/sign-in/")
    page.pdf(path=tmp_path / "sheet.pdf", format="A4", print_background=True)
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "sheet.pdf", "-"], check=True, capture_output=True, text=True).stdout
    pages = [" ".join(one.split()) for one in text.rstrip("\f").split("\f")]
    assert len(pages) == 2, "a page for each site"
    for one in pages:
        for word in (
            "instructor training, 12–13 Mar 2018",
            "Mon 12 Mar 2018",
            "Tue 13 Mar 2018",
            "10:00–18:00",
            "America/New_York",
        ):
            assert word in one, word
        for word in ("Log out", "Rules", "Print", "example.org", "Tokyo"):
            assert word not in one, word
    people = ["Ana Silva", "Bo Diddley", "Chi Cheng", "Di Prima", "Ed Ruscha", "Fay Wray"]
    there = [[name for name in people if name in one] for one in pages]
    assert there == [["Ana Silva", "Bo Diddley", "Chi Cheng", "Di Prima"], ["Ed Ruscha"]]  # Fay takes part alone
    assert ("Science Library" in pages[0], "Annex" in pages[1]) == (True, True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_swap_after_the_closing_from_the_list_to_the_desk_and_back(
    live_server: LiveServer, closed: Cast, browser: Browser, scripts: bool
) -> None:
    page = enter(browser.new_context(java_script_enabled=scripts), live_server.url + closed.links["dana"])
    page.goto(live_server.url + closed.people)
    page.get_by_label(LIST).fill(MENDED.replace("Bo Diddley\tbo@example.org", "Cy Twombly\tcy@example.org"))
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", name="A request to staff: 1 person comes, 1 person leaves")).to_be_visible()
    page.get_by_label("Why does your list change?").fill("Bo has broken a leg.")
    page.get_by_role("button", name="Ask staff for this change").click()
    expect(page.get_by_role("heading", name="Your request waits for staff")).to_be_visible()

    desk = enter(browser.new_context(), live_server.url + closed.links["staff"])
    desk.goto(live_server.url + "/admin/")
    desk.get_by_role("link", name=re.compile("^P7: ")).click()
    expect(desk.locator(".consequence")).to_contain_text("Cy Twombly comes (cy@example.org).")
    expect(desk.locator(".consequence")).to_contain_text("Bo Diddley leaves.")
    expect(desk.get_by_role("link", name="Decline…")).to_be_visible()
    desk.locator(".submit-row input").click()
    expect(desk.locator(".messagelist .success")).to_contain_text("Done: Accept the change")

    page.goto(live_server.url + closed.people)
    expect(page.get_by_role("rowheader", name="Cy Twombly")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Bo Diddley")).to_have_count(0)
