"""A report in Chromium: sent as a file, matched, confirmed; the difference stands beside the roll call, and is taken over by a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.tests.browsing import CHROMIUM, flaws
from trainees.models import EvidenceConnection, Place, RollCall
from trainees.policy import text_of
from trainees.tests.test_evidence_actions import AFTER, HEADER, Team, whole_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    (1400, "light"),
    (320, "dark"),  # the other two pairs come with --all
    pytest.param(1400, "dark", marks=pytest.mark.long),
    pytest.param(320, "light", marks=pytest.mark.long),
]


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Team:
    made = Team()
    made.mark_all()
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    return made


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "participants_812.csv"
    lines = [
        *whole_days("A. S.", "trainee-0@example.org", begin="10:10:00 AM"),
        *whole_days("Nora Weiss", "nora@example.org"),
        *whole_days("Bjorn Akesson"),
        *whole_days("iPhone"),
        "Late,,yesterday,03/12/2018 10:00:00 AM,,No,,No",
        "A. S.,trainee-0@example.org,03/12/2018 09:00:00 AM,03/12/2018 10:10:00 AM,70,No,,Yes",
    ]
    path.write_bytes("\r\n".join((HEADER, *lines, "")).encode("utf-16"))
    return path


@pytest.fixture
def browser(team: Team) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_from_the_file_to_the_roll_call(
    live_server: LiveServer, team: Team, browser: Browser, report: Path, width: int, scheme: str
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    roll_call = f"/trainings/{team.training.code}/attendance/"
    page.goto(live_server.url + make_link(person=team.by, purpose="test", leads_to=roll_call, now=AFTER))
    page.get_by_role("button", name="Enter the portal").click()
    page.get_by_role("link", name="Videoconference reports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No report of the videoconference yet")
    assert flaws(page) == []

    expect(page.get_by_label("Time zone of the host")).to_have_value("America/Chicago")
    page.get_by_label("The report, as CSV").set_input_files(report)
    page.get_by_role("button", name="Import the report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 connections wait for their match")
    expect(page.get_by_text("Line 10, Join Time: “yesterday” is not a time")).to_be_visible()
    expect(page.get_by_text("Nothing is compared while a connection is open")).to_be_visible()
    assert flaws(page) == []

    page.get_by_role("button", name="Confirm the 2 certain ones").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 connections wait for their match")
    page.get_by_role("checkbox", name="Björn Åkesson").check()
    page.get_by_label("Whose Bjorn Akesson is").select_option("Not counted: host, helper, somebody else")
    page.get_by_role("button", name="Keep what I chose").click()
    expect(page.get_by_text("Either the suggestion, or another: not both.")).to_be_visible()
    assert flaws(page) == []
    page.get_by_label("Whose Bjorn Akesson is").select_option("Choose…")
    page.get_by_label("Whose iPhone is").select_option("The room: Science Library, 136")
    page.get_by_role("button", name="Keep what I chose").click()
    expect(page.get_by_text("The room was connected for all of the teaching.")).to_be_visible()
    assert flaws(page) == []

    page.get_by_role("link", name="Change iPhone").click()
    page.get_by_label("Whose iPhone is").select_option("Chidi Okafor")
    page.get_by_role("button", name="Keep what I chose").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Report and roll call differ for 4 people")
    assert flaws(page) == []
    page.goto(live_server.url + roll_call)
    expect(page.locator(f"#p{team.ana.pk}d1")).to_contain_text(
        "The report differs: Their own connection: 140 minutes of teaching missed"
    )
    expect(page.locator(f"#p{team.bjorn.pk}d1")).not_to_contain_text("The report differs")
    assert flaws(page) == []

    page.get_by_role("link", name="Videoconference reports").click()
    page.get_by_role("checkbox", name="Ana Silva").check()
    page.get_by_role("button", name="Take over into the roll call").click()
    expect(page.get_by_text("The roll call of 1 person was written. It is not confirmed by that.")).to_be_visible()
    marks = {(row.place_id, row.day): text_of(row.marks()) for row in RollCall.objects.filter(place__in=[team.ana, team.bjorn])}
    ana, bjorn = ({(place.pk, 1): said, (place.pk, 2): said} for place, said in ((team.ana, "late 10:10"), (team.bjorn, "there")))
    assert marks == ana | bjorn
    assert set(Place.objects.values_list("outcome", flat=True)) == {""}

    page.get_by_role("link", name="Remove participants_812.csv").click()
    expect(page.get_by_role("heading", name="Remove this report?")).to_be_visible()
    assert flaws(page) == []
    page.get_by_role("button", name="Remove the report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No report of the videoconference yet")
    assert not EvidenceConnection.objects.exists()
