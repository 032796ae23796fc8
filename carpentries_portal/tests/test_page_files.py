"""Pages that are no list of admin, as files: the timeline, a run's report, the figures, what waits for a review."""

from __future__ import annotations

import csv
import io
import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import ItemOutcome, JournalEntry, Run, RunError
from carpentries_portal.common.models.enforcement import RunItem
from carpentries_portal.common.why import Timeline
from carpentries_portal.tests.test_desk import logged_in
from certification.actions import hand_in
from certification.factories import Team
from memberships.actions import grant_extra
from memberships.factories import MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Membership

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def as_csv(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8"), path
    return list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"), newline="")))


def as_excel(client: Client, path: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(path))))
    assert {cell.data_type for row in book.active for cell in row} <= {"s", "n", "d", "inlineStr"}  # none is a formula
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def kept() -> tuple[str, int, list[str]]:
    line = JournalEntry.objects.filter(what="list_exported").latest("pk")
    return line.why, line.new["rows"], line.new["narrowed_by"]


def granted(membership: Membership, times: int) -> None:
    boss = StaffFactory(name="Boss")
    for n in range(times):
        grant_extra(membership=membership, seats=1, why=f"gift {n}", by=boss, now=NOW - timedelta(days=n))


def test_a_timeline_is_a_file_whole_and_as_of_a_past_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, and none lost between two pages."""
    monkeypatch.setattr(sys.modules[Timeline.__module__], "AT_ONCE", 4)
    membership, client = MembershipFactory(), logged_in(StaffFactory())
    granted(membership, 9)
    path = f"/admin/why/membership/{membership.pk}/"
    header, *rows = as_csv(client, f"{path}list.csv?only=seats")
    assert header == ["When (UTC)", "What", "State", "Changes", "Why", "Who", "Rule", "Edition"]
    gifts = [row for row in rows if "gift" in row[4]]
    assert [row[4] for row in gifts] == [f"Granted by staff: gift {n}" for n in range(9)]
    assert (gifts[0][0], gifts[0][5]) == ("2018-03-10T12:00:00+00:00", "Boss")
    assert kept() == (f"The list “Why membership {membership.pk}” was taken out as CSV.", len(rows), ["only"])
    past = as_csv(client, f"{path}list.csv?only=seats&on=2018-03-04")[1:]
    assert [row[4][-1] for row in past if "gift" in row[4]] == ["6", "7", "8"]
    assert len(as_excel(client, f"{path}list.xlsx?only=seats")) == len(rows) + 1
    page = client.get(f"{path}?only=seats&on=2018-03-04&page=1").content.decode()
    assert f'href="{path}list.csv?only=seats&amp;on=2018-03-04"' in page


def test_a_timeline_is_no_file_for_who_does_not_see_its_subject() -> None:
    membership, nobody = MembershipFactory(), PersonFactory(is_staff=True)
    nobody.user_permissions.set(Permission.objects.filter(codename="view_training"))
    client = logged_in(nobody)
    assert client.get(f"/admin/why/membership/{membership.pk}/list.csv").status_code == 403
    assert client.get("/admin/why/nothing/1/list.csv").status_code == 404
    assert logged_in(StaffFactory()).get("/admin/why/membership/987654/list.csv").status_code == 404
    assert not JournalEntry.objects.filter(what="list_exported").exists()


def test_a_run_is_a_file_with_what_broke_first_and_more_than_its_page_shows() -> None:
    run = Run.objects.create(as_of=NOW, asked_at=NOW, started_at=NOW, planned_at=NOW, finished_at=NOW)
    outcomes = [*[ItemOutcome.APPLIED] * 120, ItemOutcome.HELD, ItemOutcome.FAILED]
    RunItem.objects.bulk_create(
        RunItem(
            run=run,
            rule="R16",
            subject_label="trainings.booking",
            subject_id=n,
            subject_text=f"booking {n}",
            cut_off_on=date(2018, 3, 9),
            ends_at=NOW,
            sentence=f"=said {n}",
            outcome=outcome,
        )
        for n, outcome in enumerate(outcomes)
    )
    RunError.objects.create(run=run, at=NOW, rule="R16", subject_label="trainings.booking", subject_id=121, error="ValueError: no")
    RunError.objects.create(run=run, at=NOW, rule="R7", error="the database went away")
    client = logged_in(StaffFactory())
    assert f'href="/admin/runs/{run.pk}/list.csv"' in client.get(f"/admin/runs/{run.pk}/").content.decode()
    header, *rows = as_csv(client, f"/admin/runs/{run.pk}/list.csv")
    assert header == ["Outcome", "Rule", "About", "Its day", "What it says"]
    assert rows[:2] == [
        ["failed", "R16", "trainings.booking 121", "", "ValueError: no"],
        ["failed", "R7", "the whole rule", "", "the database went away"],
    ]
    assert rows[2] == ["done", "R16", "booking 0", "2018-03-09", "'=said 0"]
    assert [row[0] for row in rows[2:]].count("done") == 120
    assert rows[-1][0] == "held by staff"
    assert kept() == (f"The list “Run {run.pk}” was taken out as CSV.", 123, [])
    assert client.get("/admin/runs/987654/list.csv").status_code == 404


def test_each_figure_is_a_file_with_the_numbers_of_its_page() -> None:
    MembershipFactory(level="gold")
    client = logged_in(StaffFactory())
    page = client.get("/admin/figures/").content.decode()
    found = set(re.findall(r'href="/admin/figures/([a-z.-]+)"', page))
    assert found == {"seats.csv", "seats.xlsx"}  # of the others there is nothing to count
    header, *rows = as_csv(client, "/admin/figures/seats.csv")
    assert header[:3] == ["Level and year", "Members", "Granted"]
    assert [row[:2] for row in rows] == [["Gold 2018", "1"]]
    assert as_excel(client, "/admin/figures/sign-ups.xlsx")[0][:2] == ["When", "Teams"]
    limited = PersonFactory(is_staff=True)
    limited.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    answers = [logged_in(limited).get(f"/admin/figures/{name}.csv").status_code for name in ("sign-ups", "seats", "nothing")]
    assert answers == [200, 403, 404]


def test_what_waits_for_a_review_is_a_file_without_ones_own() -> None:
    team = Team(3)
    for number in range(3):
        hand_in(
            checkout_id=team.checkout(number).pk,
            exercise="discussion",
            done_on=date(2018, 2, 19),
            notes="Here.",
            by=team.places[number].person,
            now=NOW - timedelta(hours=number),
        )
    team.places[0].person.is_staff = team.places[0].person.is_superuser = True
    team.places[0].person.save()
    client = logged_in(team.places[0].person)
    header, *rows = as_csv(client, "/review/list.csv")
    assert header[:3] == ["Handed in (UTC)", "Who", "Organization"]
    assert [(row[1], row[4], row[5]) for row in rows] == [
        (team.places[2].name, "Discussion session", "2018-02-19"),
        (team.places[1].name, "Discussion session", "2018-02-19"),
    ]
    assert as_csv(client, "/review/list.csv?exercise=demonstration") == [header]
    assert kept() == ("The list “Work to review” was taken out as CSV.", 0, ["exercise"])
    assert client.post("/review/list.csv").status_code == 405
    assert 'href="/review/list.csv"' in client.get("/review/").content.decode()
