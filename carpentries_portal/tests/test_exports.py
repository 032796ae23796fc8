"""Every list of admin as CSV and Excel: its columns, filters, search and order; no formula; for whoever sees the list; in constant queries."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

import trainings.actions
from carpentries_portal.common import asked as asked_queue
from carpentries_portal.common import clock, exceptions, tables
from carpentries_portal.common.models import JournalEntry, Person
from carpentries_portal.common.roles import READER
from carpentries_portal.demo import loader
from memberships.actions import add_note
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import StaffNote
from trainings.factories import TrainingFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)
FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def desk(person: Person | None = None) -> Client:
    client = Client()
    client.force_login(person or StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    return client


def path_of(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def as_csv(client: Client, path: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"{path}list.csv{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    content = b"".join(answer)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def as_excel(client: Client, path: str, query: str = "") -> list[list[Any]]:
    answer = client.get(f"{path}list.xlsx{query}")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d", "inlineStr"}  # none is a formula
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def status(client: Client, path: str) -> int:
    answer = client.get(path)
    answer.getvalue()  # read to its end, a file is closed
    return answer.status_code


def asked_by(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).getvalue()
    return len(queries)


def test_every_list_of_a_lived_in_portal_has_its_rows_in_constant_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new list without an export fails here, and so does a column that asks the database for each row."""
    now = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert loader.load(now=now)
    client, filled = desk(), 0
    for model in LISTS:
        path, label = path_of(model), model._meta.label
        shown = client.get(path).context["cl"]
        header, *rows = as_csv(client, path)
        excel = as_excel(client, path)
        own_lines = (1, 2) if model is JournalEntry else (0, 0)  # the journal has the line of its own export
        assert (len(rows), len(excel) - 1) == tuple(shown.result_count + own for own in own_lines), label
        assert header == excel[0], label
        left_out = {"action_checkbox", *admin.site._registry[model].not_exported}
        assert len(header) == len([name for name in shown.list_display if name not in left_out]), label
        keys = list(model._default_manager.values_list("pk", flat=True).order_by("-pk")[:40])
        if len(keys) > 5:
            filled += 1
            few, many = (f"{path}list.csv?{model._meta.pk.name}__in={','.join(map(str, some))}" for some in (keys[:2], keys))
            asked_by(client, few)  # what the process keeps is there now
            assert asked_by(client, few) == asked_by(client, many), label
    assert filled > 12


def test_the_file_has_what_the_list_shows_with_its_filter_its_search_and_its_order() -> None:
    client = desk()
    for name, level in (("Example University", "gold"), ("Example College", "silver"), ("Another School", "gold")):
        MembershipFactory(organization=OrganizationFactory(name=name), level=level)
    path = "/admin/memberships/membership/"

    def names(query: str) -> list[str]:
        found = [row[0] for row in as_csv(client, path, query)[1:]]
        assert found == [row[0] for row in as_excel(client, path, query)[1:]]
        assert found == [str(row.organization) for row in client.get(path + query).context["cl"].result_list]
        return found

    assert len(names("")) == 3
    assert sorted(names("?level__exact=gold")) == ["Another School", "Example University"]
    assert names("?q=example&o=1") == ["Example University", "Example College"]  # by level
    assert names("?q=example&o=-1") == ["Example College", "Example University"]
    assert names("?q=college&level__exact=gold") == []
    assert as_csv(client, path)[0][:4] == ["Organization", "Level", "First day", "Last day"]


def test_the_list_has_links_that_keep_what_it_is_narrowed_to_and_all_its_pages_come() -> None:
    client = desk()
    OrganizationFactory.create_batch(101)
    page = client.get("/admin/memberships/organization/?q=e&o=-1&p=2").content.decode()
    for kind in tables.KINDS:
        assert f'href="/admin/memberships/organization/list.{kind}?o=-1&amp;q=e"' in page
    assert len(as_csv(client, "/admin/memberships/organization/", "?o=-1&p=2")) == 102
    assert len(as_csv(client, "/admin/memberships/organization/", "?p=77&all=&e=1")) == 102


def test_days_numbers_and_instants_are_values_and_words_are_those_of_the_list() -> None:
    membership = MembershipFactory(level="gold", starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
    client, path = desk(), "/admin/memberships/membership/"
    header, row = as_excel(client, path)
    cells = dict(zip(header, row, strict=True))
    assert (cells["Level"], cells["First day"], cells["Granted"]) == ("gold", datetime(2018, 1, 1), 15)  # noqa: DTZ001  # as Excel has it
    assert dict(zip(*as_csv(client, path), strict=True))["First day"] == "2018-01-01"
    add_note(organization=membership.organization, membership=None, text="Café, 北京", by=StaffFactory(name="Ines"), now=NOW)
    notes = dict(zip(*as_csv(client, "/admin/memberships/staffnote/"), strict=True))
    assert (notes["Note"], notes["By"], notes["Noted at (UTC)"]) == ("Café, 北京", "Ines", "2018-01-10T12:00:00+00:00")
    assert dict(zip(*as_excel(client, "/admin/memberships/staffnote/"), strict=True))["Noted at (UTC)"] == datetime(2018, 1, 10, 12)  # noqa: DTZ001


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    """A name is what people type; the sign before it keeps a spreadsheet from counting, in a workbook too: it may be saved as CSV."""
    type(OrganizationFactory()).objects.update(name=formula)
    client, path = desk(), "/admin/memberships/organization/"
    assert as_csv(client, path)[1][0] == f"'{formula}"
    assert as_excel(client, path)[1][0] == f"'{formula}".replace("\r", "\n")  # XML has one kind of line end


def test_a_cell_may_hold_what_no_workbook_takes() -> None:
    note = StaffNote(organization=OrganizationFactory(), text='a\x0bb\x1f\nnew line, "said"; ' + "x" * 1900, at=NOW)
    note.save()
    client, path = desk(), "/admin/memberships/staffnote/"
    assert as_csv(client, path)[1][1] == note.text
    assert as_excel(client, path)[1][1] == note.text.replace("\x0b", "").replace("\x1f", "")


def test_people_come_with_their_addresses_where_the_list_shows_them_and_only_there() -> None:
    dana = CoordinatorFactory(name="Dana Whitfield", email="dana@example.org")
    client = desk(StaffFactory(email="ines@example.org"))
    assert ["Dana Whitfield", "dana@example.org"] in [row[:2] for row in as_csv(client, "/admin/common/person/")]
    rows = as_csv(client, "/admin/memberships/coordinator/")
    shown = client.get("/admin/memberships/coordinator/").content.decode()
    assert ("dana@example.org" in str(rows)) == ("dana@example.org" in shown)
    assert str(dana.person) in str(rows)


def test_whoever_sees_the_list_takes_it_out_and_nobody_else() -> None:
    """Read-only staff see all lists; with one permission alone it is that list alone."""
    organization = OrganizationFactory()
    reader, limited = PersonFactory(is_staff=True), PersonFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name=READER))
    limited.user_permissions.add(Permission.objects.get(codename="view_training"))
    for model in LISTS:
        for kind in tables.KINDS:
            path = f"{path_of(model)}list.{kind}"
            answers = [status(desk(who), path) for who in (reader, limited, PersonFactory())]
            assert answers == [200, 200 if model._meta.label == "trainings.Training" else 403, 302], path
            assert Client().get(path).status_code == 302
            assert desk(reader).post(path).status_code == 405
    assert organization.name not in str(desk(limited).get(f"{path_of(type(organization))}list.csv").content)


def test_the_journal_keeps_who_took_which_list_out_and_not_what_was_searched_for() -> None:
    staff = StaffFactory(name="Ines Moreau")
    TrainingFactory.create_batch(2)
    as_csv(desk(staff), "/admin/trainings/training/", "?q=dana@example.org&state__exact=scheduled")
    line = JournalEntry.objects.get(what="list_exported")
    assert (line.by, line.why) == (staff, "The list “trainings” was taken out as CSV.")
    assert line.new == {"rows": 0, "narrowed_by": ["q", "state__exact"]}
    desk(PersonFactory(is_staff=True)).get("/admin/trainings/training/list.csv")
    assert JournalEntry.objects.filter(what="list_exported").count() == 1


@pytest.mark.parametrize("query", ["?level__exact=gold&id__exact=x", "?ends_on__year=99999"])
def test_a_filter_that_nothing_can_have_leads_back_to_the_list(query: str) -> None:
    answer = desk().get(f"/admin/memberships/membership/list.csv{query}")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/memberships/membership/")


def test_a_filter_that_is_none_of_the_lists_is_refused() -> None:
    assert desk().get("/admin/memberships/membership/list.csv?organization__coordinators__person__email=x").status_code == 400


def test_a_workbook_goes_on_in_another_sheet_where_one_is_full() -> None:
    """Rows are taken one by one, never all at once."""
    taken: list[int] = []
    rows = ([taken.append(n) or n] for n in range(7))
    with tables.xlsx_file(["n"], rows, title="A list with a name that is too long for Excel", most_rows=4) as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    assert [[cell.value for cell in sheet["A"]] for sheet in book] == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]
    bits = tables.csv_bits(["n"], ([taken.append(n) or n] for n in range(1000)))
    next(bits), next(bits)
    assert len(taken) == 8


def test_the_queue_is_a_file_as_it_is_narrowed() -> None:
    """More than a page of it, decided ones with who decided; the number of queries is the same for one row and for many of a page."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    more: dict[str, Any] = {"membership": membership, "rule": "R6", "seats": 6, "by": coordinator.person, "now": NOW}
    asked = [
        trainings.actions.ask_exception(training=TrainingFactory(starts_on=date(2018, 1, 15)), reason=f"={n}", **more)
        for n in range(asked_queue.SHOWN + 2)
    ]
    boss = StaffFactory(name="Boss")
    exceptions.decline(asked[0], by=boss, now=NOW, note="No.")
    client = desk()
    header, *rows = as_csv(client, "/admin/exceptions/")
    assert header[:5] == ["Asked at (UTC)", "About", "Subject", "Rule", "Asked for"]
    assert sorted(row[5] for row in rows) == sorted(f"'={n}" for n in range(1, asked_queue.SHOWN + 2))
    (declined,) = as_csv(client, "/admin/exceptions/", "?state=declined")[1:]
    assert declined[5:] == [
        "'=0",
        declined[6],
        str(coordinator.person),
        "",
        "declined",
        "2018-01-10T12:00:00+00:00",
        "Boss",
        "",
        "No.",
    ]
    assert as_excel(client, "/admin/exceptions/", "?state=declined")[1][11] == "Boss"
    assert as_csv(client, "/admin/exceptions/", "?kind=exercises&rule=&organization=&days=nothing&Ana=1") == [header]
    kept = JournalEntry.objects.filter(what="list_exported").latest("pk")
    assert (kept.new["rows"], kept.new["narrowed_by"]) == (0, ["kind"])
    assert client.head("/admin/exceptions/list.csv").status_code == 405


def test_the_queue_is_no_file_for_who_sees_none_of_it() -> None:
    nobody = PersonFactory(is_staff=True)
    nobody.user_permissions.set(Permission.objects.filter(codename="view_journalentry"))
    assert desk(nobody).get("/admin/exceptions/list.csv").status_code == 403
    assert not JournalEntry.objects.filter(what="list_exported").exists()
