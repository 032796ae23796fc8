"""A season scheduled by staff: pasted or from the calendar's file, every problem at its cell, all or nothing, once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from carpentries_portal.common import clock
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.tests.browsing import CHROMIUM, DATA, enter
from carpentries_portal.tests.buttons import hidden
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainings.factories import DemandFactory, TrainingFactory
from trainings.models import Training

NOW = datetime(2018, 7, 27, 12, tzinfo=UTC)
PATH = "/admin/trainings/training/season/"
THREE = "2018-09-25, America/New_York\n2018-10-09, London, 10:00-18:00, 60, Autumn\n2018-10-16, Europe/Paris, , , https://example.org/room"


@pytest.fixture(autouse=True)
def _in_july(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(StaffFactory(name="Ines Moreau"), backend="carpentries_portal.common.backends.PersonBackend")
    return client


def real_rows(count: int) -> list[dict[str, str]]:
    """The first rows of the real calendar that were new on it the day before, and two that are no use: one over, one cancelled."""
    with (DATA / "training_calendar_2017_2026.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    new = [row for row in rows if row["first_listed"] == "2018-07-26" and row["last_status"] != "cancelled"]
    over = next(row for row in rows if row["start_date"] < "2018-07-01")
    gone = next(row for row in rows if row["start_date"] > "2018-07-27" and row["last_status"] == "cancelled")
    return [*new[:count], over, gone]


def as_file(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def post(desk: Client, shown: HttpResponse | None = None, **values: Any) -> HttpResponse:
    """The form with the token, and with what the page has shown."""
    return desk.post(PATH, {"do": "check", **values, **hidden(shown or desk.get(PATH))})


def problems(answer: HttpResponse) -> list[str]:
    return re.findall(r'<span class="(?:problem|odd)">(.*?)</span>', answer.content.decode())


def test_a_season_is_shown_and_then_announced_once(desk: Client) -> None:
    checked = post(desk, lines=THREE)
    assert "3 trainings would be announced, all or none." in checked.content.decode()
    assert not Training.objects.exists()
    form = {"lines": THREE, "do": "announce"}
    done = desk.post(PATH, {**form, **hidden(checked)}, follow=True)
    assert "3 trainings are announced." in done.content.decode()
    assert list(Training.objects.order_by("starts_at").values_list("code", "capacity", "link", "note", "starts__hour")) == [
        ("2018-09-25-new-york", 30, "", "", 9),
        ("2018-10-09-london", 60, "", "Autumn", 10),
        ("2018-10-16-paris", 30, "https://example.org/room", "", 9),
    ]
    again = desk.post(PATH, {**form, **hidden(checked)}, follow=True)
    assert (Training.objects.count(), JournalEntry.objects.filter(what="training_announced").count()) == (3, 3)
    assert "3 trainings are announced." not in again.content.decode()


def test_who_waits_for_such_dates_is_told(desk: Client) -> None:
    waits = CoordinatorFactory(email="waits@example.org")
    year = {"starts_on": date(2018, 7, 1), "ends_on": date(2019, 6, 30)}
    membership = MembershipFactory(organization=waits.organization, now=NOW, **year)
    DemandFactory(membership=membership, by=waits.person, now=NOW, spans=((date(2018, 9, 24), date(2018, 9, 30)),))
    desk.post(PATH, {"lines": THREE, "do": "announce", **hidden(post(desk, lines=THREE))})
    assert [(row.letter, row.to_address) for row in Notice.objects.filter(letter="trainings.training_suits")] == [
        ("trainings.training_suits", "waits@example.org")
    ]


def test_every_problem_stands_at_its_cell_and_nothing_is_announced(desk: Client) -> None:
    TrainingFactory(starts_on=date(2018, 10, 9), zone="Europe/London", now=NOW)
    lines = (
        "2018-01-08, UTC\n2018-10-09, London\n2018-10-16, Mars\n2018-10-17, UTC\n2018-10-17, UTC\n2018-08-06, UTC\n<script>, UTC, 1"
    )
    answer = post(desk, lines=lines)
    assert problems(answer) == [
        "It lies in the past: a training is announced before it begins.",
        "It is on the calendar already: 2018-10-09-london.",
        "“Mars” is not a time zone such as America/Chicago.",
        "The same stands on line 4.",
        "Too soon: sign-up would have ended on Mon 9 Jul 2018 (R6).",
        "“&lt;script&gt;” is not a date such as 2018-03-12.",
        "“1” are no hours such as 09:00-17:00.",
    ]
    assert "seen" not in hidden(answer)
    refused = desk.post(PATH, {"lines": lines, "do": "announce", **hidden(answer), "seen": "0" * 32})
    assert "Nothing was announced." in refused.content.decode()
    assert Training.objects.count() == 1


@pytest.mark.parametrize("case", ["other lines", "announced meanwhile", "no token"])
def test_what_was_not_shown_is_not_announced(desk: Client, case: str) -> None:
    shown, lines, count = hidden(post(desk, lines=THREE)), THREE, 0
    if case == "other lines":
        lines = THREE.replace("2018-09-25", "2018-09-26")
    elif case == "announced meanwhile":
        TrainingFactory(starts_on=date(2018, 9, 25), zone="America/New_York", now=NOW)
        count = 1
    else:
        shown["once"] = "0" * 32
    answer = desk.post(PATH, {"lines": lines, "do": "announce", **shown})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert Training.objects.count() == count


@pytest.mark.parametrize(
    ("lines", "file", "field", "sentence"),
    [
        ("", None, "lines", "Paste a line, or choose a file."),
        ("a\x00", None, "lines", "Null characters are not allowed."),
        ("2018-10-09, UTC\n" * 101, None, "lines", "At most 100 trainings at once."),
        ("", b"", "file", "The submitted file is empty."),
        ("", b"%PDF-1.7", "file", "This is a PDF or a spreadsheet, not a CSV file."),
        ("", b"a,b\n1,2\n", "file", "These columns are missing"),
        ("", b"\xff\xfe\x00", "file", "The file is UTF-16"),
    ],
)
def test_bad_input_is_said_at_its_field(desk: Client, lines: str, file: bytes | None, field: str, sentence: str) -> None:
    values = {"lines": lines} | ({} if file is None else {"file": SimpleUploadedFile("calendar.csv", file)})
    answer = post(desk, **values)
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not Training.objects.exists()


def test_a_file_of_the_past_has_nothing_to_schedule(desk: Client) -> None:
    file = SimpleUploadedFile("calendar.csv", as_file(real_rows(0)))
    answer = post(desk, lines="", file=file)
    assert answer.context["form"].errors["file"] == ["No training of this file is still to come."]


def test_who_may_not_add_trainings_schedules_none(db: None) -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_training"))
    client = Client()
    client.force_login(reader, backend="carpentries_portal.common.backends.PersonBackend")
    assert (client.get(PATH).status_code, client.post(PATH, {"lines": THREE}).status_code) == (403, 403)
    assert "season/" not in client.get("/admin/trainings/training/").content.decode()
    assert Client().get(PATH).status_code == 302
    assert not Training.objects.exists()


# in the browser


@pytest.fixture
def way_in(transactional_db: None) -> str:
    return make_link(person=StaffFactory(name="Ines Moreau"), purpose="test", leads_to="/admin/", now=NOW)


@pytest.fixture
def browser(way_in: str) -> Iterator[Browser]:
    """After the rows are made: Playwright's loop would give the test a second connection, which nobody closes."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_season_of_twelve_from_the_real_calendar(live_server: LiveServer, browser: Browser, way_in: str, tmp_path: Path) -> None:
    rows = real_rows(12)
    path = tmp_path / "calendar.csv"
    path.write_bytes(as_file(rows))
    page = browser.new_context(java_script_enabled=False, viewport={"width": 1200, "height": 900}).new_page()
    enter(page, live_server.url + way_in)
    page.goto(f"{live_server.url}/admin/trainings/training/")
    page.get_by_role("link", name="Schedule a season…").click()
    page.locator("[name=file]").set_input_files(path)
    page.get_by_role("button", name="Check these trainings").click()
    expect(page.get_by_text("12 trainings would be announced, all or none.")).to_be_visible()
    expect(page.get_by_text("1 row of the file lies in the past, and is left out.")).to_be_visible()
    expect(page.get_by_text("1 row is cancelled, and is left out.")).to_be_visible()
    lines = page.locator("[name=lines]")
    lines.fill(lines.input_value().replace("2018-09-25/", "2018-09-31/"))
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("td.bad")).to_have_text(re.compile("There is no day 2018-09-31"))
    lines.fill(page.locator("[name=lines]").input_value().replace("2018-09-31/", "2018-09-25/"))
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="I have read this: announce 12 trainings").click()
    expect(page.locator(".messagelist .success")).to_have_text("12 trainings are announced.")
    made = {(row.starts_on.isoformat(), row.ends_on.isoformat(), row.zone) for row in Training.objects.all()}
    assert made == {(row["start_date"], row["end_date"], row["tz_iana_inferred"]) for row in rows[:12]}
    assert all(row.announced_on - NOW.date() <= timedelta(days=1) for row in Training.objects.all())
    calendar = browser.new_context(java_script_enabled=False).new_page()
    calendar.goto(f"{live_server.url}/trainings/")
    expect(calendar.locator("table.cal tbody tr")).to_have_count(12)
