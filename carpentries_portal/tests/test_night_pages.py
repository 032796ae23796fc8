"""Staff's pages of the night: what they show is what the run does, and looking changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core import serializers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock, tasks
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.holds import hold
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.models import AppliedAction, BrakedAction, Hold, JournalEntry, Notice, Person, Run
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = pytest.mark.django_db

NOON = datetime(2018, 2, 20, 11, 0, tzinfo=UTC)  # an hour and a half before the run that closes the rosters of 12 March
NIGHT = datetime(2018, 2, 20, 12, 30, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@dataclass
class World:
    """A training with a team that has named four of six, and one that nobody has booked."""

    booking: Booking
    empty: Training
    staff: Person
    desk: Client


def everything() -> str:
    rows = (row for model in apps.get_models() for row in model._default_manager.order_by("pk"))
    return serializers.serialize("json", rows)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    staff, coordinator = StaffFactory(name="Ines Moreau"), CoordinatorFactory(name="Dana Whitfield")
    membership = MembershipFactory(organization=coordinator.organization)
    booking = BookingFactory(
        training=TrainingFactory(trainers=[TrainerFactory()]), membership=membership, by=coordinator.person, seats=6
    )
    name_people(booking, 4, by=coordinator.person)
    empty = TrainingFactory(starts_on=date(2018, 3, 15))
    Notice.objects.all().delete()
    desk = Client()
    desk.force_login(staff, backend=BACKEND)
    yield World(booking, empty, staff, desk)
    assert [str(finding) for finding in run_audits()] == []


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def fields(client: Client, path: str) -> dict[str, str]:
    """The hidden fields of the page's own form."""
    html = client.get(path).content.decode()
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(once|seen)" value="([^"]*)"', html)}


def done(run: Run) -> set[tuple[str, int]]:
    return set(run.actions.values_list("rule", "subject_id"))


def test_looking_at_a_night_and_its_letters_changes_nothing(world: World) -> None:
    before = everything()
    for action in plan(now=NIGHT)[0]:
        page(world.desk, f"/admin/tonight/{action.rule}/{action.subject_id}/letters/?on=2018-02-20")
        page(world.desk, f"/admin/tonight/{action.rule}/{action.subject_id}/hold/?on=2018-02-20")
    for path in ("/admin/tonight/", "/admin/tonight/?on=2018-04-10", "/admin/tonight/run/", "/admin/status/"):
        page(world.desk, path)
    assert everything() == before


def test_preview_then_the_run_with_nothing_changed_are_equal_action_by_action(world: World) -> None:
    text = page(world.desk, "/admin/tonight/")
    planned = plan(now=NIGHT)[0]
    assert {action.rule for action in planned} == {"P6", "R7"}
    assert "Tonight: 2 things would be done" in text
    for action in planned:
        assert action.verdict.sentence in text
    run = runs.run(now=NIGHT)
    assert done(run) == {(action.rule, action.subject_id) for action in planned}


def test_letters_are_those_that_leave(world: World) -> None:
    shown = page(world.desk, f"/admin/tonight/P6/{world.booking.pk}/letters/?on=2018-02-20")
    runs.run(now=NIGHT)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(clock, "now", lambda: NIGHT)
        tasks.deliver()
    sent = list(Notice.objects.filter(subject_label="trainings.booking", code="L3"))
    assert len(sent) == 1
    assert f"{len(sent)} letter would leave" in shown
    for notice in sent:
        assert notice.state == "sent"
        assert f"to {notice.to_address}" in shown
        assert notice.subject_line in shown
        assert " ".join(notice.body.split()) in shown


def test_later_night_leaves_out_what_an_earlier_one_would_do(world: World) -> None:
    text = page(world.desk, "/admin/tonight/?on=2018-02-21")
    assert "2 more are due on a night before this one" in text
    assert "Wed 21 Feb 2018: nothing would be done" in text
    assert "One week to go" in page(world.desk, "/admin/tonight/?on=2018-03-05")


@pytest.mark.parametrize("on", ["2018-02-19", "2018-04-22", "soon", "9999-12-31", ""])
def test_another_day_than_the_next_sixty_is_refused_at_its_field(world: World, on: str) -> None:
    text = page(world.desk, f"/admin/tonight/?on={on}")
    assert any(words in text for words in ("at most 60 days ahead", "Enter a valid date.", "This field is required."))


def test_hold_keeps_the_run_from_it_until_it_ends(world: World) -> None:
    path = f"/admin/tonight/P6/{world.booking.pk}/hold/?on=2018-02-20"
    values = {"until_on": "2018-02-23", "why": "They are writing names.", "once": fields(world.desk, path)["once"]}
    assert world.desk.post(path, values).status_code == 302
    assert world.desk.post(path, values).status_code == 302  # the button pressed twice
    row = Hold.objects.get()
    assert (row.rule, row.subject_id, row.until, row.decided_by, row.reason) == (
        "P6", world.booking.pk, datetime(2018, 2, 24, 6, tzinfo=UTC), world.staff, "They are writing names.",
    )  # fmt: skip
    assert JournalEntry.objects.filter(what="exception_entered", rule="P6").count() == 1
    text = page(world.desk, "/admin/tonight/")
    assert "1 would be done, 1 held by staff." in text
    assert "Held by Ines Moreau: They are writing names." in text
    first = runs.run(now=NIGHT)
    assert (first.applied, first.held, first.unchanged) == (1, 1, 0)
    world.booking.refresh_from_db()
    assert world.booking.roster_closed_at is None
    assert runs.run(now=NIGHT + timedelta(days=3)).held == 1  # 12:30 UTC on the 23rd: the day is not over in Chicago
    assert ("P6", world.booking.pk) in done(runs.run(now=NIGHT + timedelta(days=4)))


def test_hold_placed_between_plan_and_act_is_obeyed(world: World) -> None:
    (run_id,) = runs.waiting_runs(now=NIGHT)
    runs.advance(run_id, now=NIGHT, limit=0)
    hold(rule="P6", subject_id=world.booking.pk, until_on=date(2018, 2, 25), why="Wait.", by=world.staff, now=NIGHT, as_of=NIGHT)
    Run.objects.update(finished_at=None)
    while runs.advance(run_id, now=NIGHT):
        continue
    assert not AppliedAction.objects.filter(rule="P6").exists()


def test_hold_of_an_empty_training_is_the_rules_own(world: World) -> None:
    path = f"/admin/tonight/R7/{world.empty.pk}/hold/?on=2018-02-20"
    late = {"until_on": "2018-03-02", "why": "A team is coming.", "once": fields(world.desk, path)["once"]}
    assert "A hold ends on Thu 1 Mar 2018 at the latest." in world.desk.post(path, late).content.decode()
    assert world.desk.post(path, {**late, "until_on": "2018-03-01"}).status_code == 302
    assert (TrainingException.objects.get().rule, Hold.objects.count()) == ("R7", 0)
    assert ("R7", world.empty.pk) not in done(runs.run(now=NIGHT))


def test_training_that_its_rule_holds_stays_on_the_page_with_who_why_and_until_when(world: World) -> None:
    hold(
        rule="R7",
        subject_id=world.empty.pk,
        until_on=date(2018, 2, 25),
        why="A team is coming.",
        by=world.staff,
        now=NOON,
        as_of=NIGHT,
    )
    for night in ("2018-02-20", "2018-02-25"):  # the run of the 25th is before the day has ended in its zone
        text = page(world.desk, f"/admin/tonight/?on={night}&rule=R7")
        assert f"{world.empty} held" in text
        assert "Held by Ines Moreau: A team is coming. – until" in text
        assert "Sun 25 Feb 2018" in text or "Mon 26 Feb 2018" in text
        assert "1 held by staff" in text
    html = world.desk.get("/admin/tonight/?on=2018-02-20&rule=R7").content.decode()
    assert TrainingException.objects.get().admin_path() in html
    assert f"/admin/tonight/R7/{world.empty.pk}/" not in html  # neither letters of what is not due, nor a second hold
    later = page(world.desk, "/admin/tonight/?on=2018-02-26&rule=R7")
    assert "Mon 26 Feb 2018: 1 thing would be done" in later
    assert "held by staff" not in later


def test_what_staff_hold_now_stands_on_the_night_after_the_hold_as_what_would_be_done(world: World) -> None:
    pk = world.booking.pk
    hold(rule="P6", subject_id=pk, until_on=date(2018, 2, 22), why="A list is coming.", by=world.staff, now=NOON, as_of=NIGHT)
    assert "held by staff" in page(world.desk, "/admin/tonight/?on=2018-02-22&rule=P6")
    text = page(world.desk, "/admin/tonight/?on=2018-02-23&rule=P6")
    assert "Fri 23 Feb 2018: 1 thing would be done" in text
    assert "held by staff" not in text


@pytest.mark.parametrize(
    ("until_on", "why", "words"),
    [
        ("2018-03-12", "Wait.", "A hold ends on Sun 11 Mar 2018 at the latest."),
        ("2018-02-19", "Wait.", "A hold ends later than the run that it holds back."),
        ("2018-02-30", "Wait.", "Enter a valid date."),
        ("2018-02-23", " ", "This field is required."),
        ("2018-02-23", "x" * 2001, "at most 2000 characters"),
        ("2018-02-23", "\0", "Null characters are not allowed."),
    ],
)
def test_hold_with_bad_input_holds_nothing(world: World, until_on: str, why: str, words: str) -> None:
    path = f"/admin/tonight/P6/{world.booking.pk}/hold/?on=2018-02-20"
    answer = world.desk.post(path, {"until_on": until_on, "why": why, "once": fields(world.desk, path)["once"]})
    assert words in unescape(answer.content.decode())
    assert not Hold.objects.exists()


@pytest.mark.parametrize("where", ["P6/999999", "R7/{booking}", "X9/1"])
def test_what_is_not_due_has_no_letters_and_no_hold(world: World, where: str) -> None:
    for page_name in ("letters", "hold"):
        path = f"/admin/tonight/{where.format(booking=world.booking.pk)}/{page_name}/"
        assert world.desk.get(path).status_code == 404


def test_run_now_does_what_was_shown_less_what_no_longer_holds_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NIGHT)
    sent = fields(world.desk, "/admin/tonight/run/")
    late = TrainingFactory(starts_on=date(2018, 3, 16))  # empty, due as well, and not on the page
    BookingFactory(
        training=world.empty, seats=6, by=world.staff, now=datetime(2018, 2, 10, tzinfo=UTC)
    )  # it got its team meanwhile
    answer = world.desk.post("/admin/tonight/run/", sent)
    run = Run.objects.get()
    assert answer.headers["Location"] == f"/admin/runs/{run.pk}/"
    assert world.desk.get(f"/admin/runs/{run.pk}/").headers["Refresh"] == "5"
    tasks.advance_run(run.pk)
    run.refresh_from_db()
    assert (run.by, run.due, run.applied, run.unchanged, run.failed) == (world.staff, 2, 1, 1, 0)
    assert done(run) == {("P6", world.booking.pk)}
    late.refresh_from_db()
    assert late.state == "scheduled"
    text = page(world.desk, f"/admin/runs/{run.pk}/")
    assert f"Due no longer 1 R7 {world.empty}" in text
    assert f"Done 1 P6 {world.booking}" in text
    assert world.desk.post("/admin/tonight/run/", sent).headers["Location"] == f"/admin/runs/{run.pk}/"  # pressed twice
    assert Run.objects.count() == 1
    assert JournalEntry.objects.get(what="run_asked").by == world.staff


def test_subject_that_changes_after_the_button_is_reported(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NIGHT)
    world.desk.post("/admin/tonight/run/", fields(world.desk, "/admin/tonight/run/"))
    pk = world.empty.pk
    world.empty.delete()
    tasks.advance_run(Run.objects.get().pk)
    run = Run.objects.get()
    assert (run.applied, run.failed) == (1, 1)
    text = page(world.desk, f"/admin/runs/{run.pk}/")
    assert f"What broke It stopped nobody else, and is tried again the next night. R7 trainings.training {pk}" in text


@pytest.mark.parametrize("seen", ["", "forged", "eyJ"])
def test_run_now_without_a_page_of_ours_runs_nothing(world: World, seen: str) -> None:
    sent = fields(world.desk, "/admin/tonight/run/")
    answer = world.desk.post("/admin/tonight/run/", {**sent, "seen": seen})
    assert "This page is too old" in answer.content.decode()
    assert not Run.objects.exists()


PAGES = {
    "/admin/tonight/": "view_run",
    "/admin/tonight/P6/{booking}/letters/?on=2018-02-20": "view_run",
    "/admin/tonight/P6/{booking}/hold/?on=2018-02-20": "add_hold",
    "/admin/tonight/run/": "run_now",
    "/admin/runs/{run}/": "view_run",
    "/admin/status/": "view_run",
}


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_for_their_permission(world: World, path: str) -> None:
    where = path.format(booking=world.booking.pk, run=Run.objects.create(as_of=NOON).pk)
    permitted = Permission.objects.get(codename=PAGES[path])
    others = Permission.objects.filter(codename__in=set(PAGES.values()) - {PAGES[path]})
    answers = {}
    for who, person in (
        ("stranger", PersonFactory()),
        ("clerk", PersonFactory(is_staff=True)),
        ("other clerk", PersonFactory(is_staff=True)),
        ("permitted", PersonFactory(is_staff=True)),
    ):
        person.user_permissions.set({"permitted": [permitted], "other clerk": others}.get(who, []))
        client = Client()
        client.force_login(person, backend=BACKEND)
        answers[who] = (client.get(where).status_code, client.post(where).status_code)
    assert answers.pop("stranger") == (302, 302)
    assert answers.pop("clerk") == answers.pop("other clerk") == (403, 403)
    assert answers.pop("permitted")[0] == 200
    assert Client().get(where).status_code == 302


def test_brake_is_released_by_a_button_that_says_all_it_lets_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NIGHT)
    for _n in range(6):
        TrainingFactory(starts_on=date(2018, 3, 14))
    assert runs.run(now=NIGHT).braked == 6
    row = BrakedAction.objects.first()
    assert row is not None
    path = f"/admin/common/brakedaction/{row.pk}/do/release/"
    assert "6 actions of R7 for the cut-off day Wed 14 Feb 2018 are released together" in page(world.desk, path)
    assert world.desk.post(path, fields(world.desk, path)).status_code == 302
    assert BrakedAction.objects.filter(released_by=world.staff).count() == 6
    assert runs.run(now=NIGHT + timedelta(days=1)).applied == 6


def test_queries_of_the_night_do_not_grow_with_its_rows(world: World) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            page(world.desk, "/admin/tonight/")
        return len(found)

    def team() -> None:
        coordinator = CoordinatorFactory()
        membership = MembershipFactory(organization=coordinator.organization)
        BookingFactory(training=TrainingFactory(), membership=membership, by=coordinator.person, seats=6)

    team()
    few = count()
    for _n in range(3):
        team()
    assert count() <= few
