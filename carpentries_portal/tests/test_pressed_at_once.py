"""Everything that staff press, pressed twice at the same instant, on PostgreSQL: the same form by two threads, and two staff with a form each.

They meet at the journal, which is kept shut until both have come: so both have read what neither has changed, each time the test runs.
What pressing once does is measured on a row that is made the same way: as many lines of the journal, entries of the ledger, letters and rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import constants, get_messages
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, SentForm
from carpentries_portal.tests.pressing import FORMS, NOW, Filled, Key, added, changed, counts, fields_of, opened, tables
from carpentries_portal.tests.test_roles import desk
from memberships.factories import StaffFactory
from trainings.models import Training
from trainings.tests.test_races import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

EXPORT = ("page", "export")
"""It changes nothing: each time that the list is taken out is a line of the journal."""
BULK = {"approve_selected", "decline_selected", "give_late_selected"}
"""Actions of a list carry no token; what is decided is not decided again."""
NOTE = "each writes a note of their own, and two may write the same"
ENTERED = "each enters an exception of their own, with its reason and end: it reserves nothing, and both stand on the page"
EACH: dict[Key, str] = {
    ("Organization", "note"): NOTE,
    ("Membership", "note"): NOTE,
    ("Notice", "test"): "the test goes to whoever asks for it",
    ("Certificate", "draw"): "each rings for a worker; the file is drawn once (test_certificate_races)",
    ("MembershipException", "add"): ENTERED,
    ("PlaceException", "add"): ENTERED,
    ("TrainingException", "add"): ENTERED,
    ("page", "run"): "each asks for a run of their own; what is due is done once (test_night_races)",
}
"""Where two staff rightly do it twice, and why."""
HARMLESS: dict[Key, str] = {
    ("Trainer", "add"): "who trains already is found, not added again",
    ("Training", "link"): "the link that stands already is left as it is",
    ("page", "decide"): "each row is decided once; the second reads of each that it was decided",
}
"""Where the second does nothing, and is not told that it cannot be done."""
PARTS = 4
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'"
TOKENS = SentForm._meta.db_table


@pytest.fixture(autouse=True)
def _adds_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    assert [str(finding) for finding in run_audits()] == []


@dataclass
class Desks:
    """Two superusers."""

    first: Client
    second: Client


@pytest.fixture
def desks() -> Desks:
    return Desks(desk(StaffFactory()), desk(StaffFactory()))


def again(client: Client) -> Client:
    """The same person in the same browser, without what was said to them before."""
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return other


@dataclass
class Outcome:
    """What presses did: rows that came, what became of the row, and what each answered."""

    added: dict[str, int]
    changed: dict[str, Any]
    answers: list[Any]


@contextmanager
def waiting_for_each_other(number: int, path: str) -> Iterator[None]:
    """Nobody writes to the journal until all wait, there or at a lock before it: each has read by then what none has changed.

    So what is decided on something that was read before its lock is decided twice here, each time.
    """
    ready, met = threading.Event(), list[bool]()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {JournalEntry._meta.db_table} IN SHARE MODE")
            ready.set()
            met.append(_wait_until(number))
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert ready.wait(timeout=60)
    yield
    holder.join(timeout=60)
    assert met == [True], f"not all waited: {path}"


def _wait_until(number: int) -> bool:
    for _try in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else it is as it was when the transaction first looked
            cursor.execute(WAITING)
            if cursor.fetchone()[0] == number:
                return True
        threading.Event().wait(0.01)
    return False


def watched(filled: Filled, jobs: list[Callable[[], object]]) -> Outcome:
    names = tables()
    before, row = counts(names), fields_of(filled.row)
    if len(jobs) == 1:
        answers = [jobs[0]()]
    else:
        with waiting_for_each_other(len(jobs), filled.path):
            answers = at_once(jobs)
    after = fields_of(filled.row)
    return Outcome(added(before, counts(names)), changed(row, after), answers)


def press(client: Client, filled: Filled, sent: dict[str, Any]) -> Callable[[], object]:
    return partial(again(client).post, filled.path, sent)


def alone(key: Key, desks: Desks) -> Outcome:
    filled = FORMS[key]()
    return watched(filled, [press(desks.first, filled, opened(desks.first, filled))])


def errors(answer: Any) -> list[str]:
    """What an answer says went wrong."""
    if not isinstance(answer, HttpResponse):
        return [repr(answer)]
    if answer.status_code == 404:
        return ["The row is gone."]
    shown = (
        answer.status_code == 200
    )  # the test client hands each thread what any thread renders: a redirect has nothing of its own
    form = answer.context.get("form") if shown and answer.context else None
    said = [str(one) for one in get_messages(answer.wsgi_request) if one.level >= constants.ERROR]
    return [*said, *([str(line) for lines in form.errors.values() for line in lines] if form is not None else [])]


def already(answer: Any) -> bool:
    return any(str(one).endswith("a moment ago.") or ", a moment ago:" in str(one) for one in get_messages(answer.wsgi_request))


def twice(key: Key, once: Outcome, desks: Desks) -> list[Any]:
    """What is wrong when one form is sent by two threads at once."""
    filled = FORMS[key]()
    sent = opened(desks.first, filled)
    found = watched(filled, [press(desks.first, filled, sent), press(desks.first, filled, sent)])
    wrong = differences(key, once, found)
    if [getattr(answer, "status_code", answer) for answer in found.answers] != [302, 302]:
        wrong.append((key, "answers", found.answers, [errors(answer) for answer in found.answers]))
    elif key[1] not in BULK and sorted(already(answer) for answer in found.answers) != [False, True]:
        wrong.append((key, "said", [[str(one) for one in get_messages(answer.wsgi_request)] for answer in found.answers]))
    return wrong


def differences(key: Key, once: Outcome, found: Outcome) -> list[Any]:
    wrong = [(key, "alone", once.answers[0], errors(once.answers[0]))] if errors(once.answers[0]) else []
    wrong += [(key, "rows", once.added, found.added)] if once.added != found.added else []
    return wrong + ([(key, "row", once.changed, found.changed)] if once.changed != found.changed else [])


def by_two(key: Key, desks: Desks) -> tuple[Outcome, list[list[str]]]:
    """What two staff do who press with a form each at once, and what went wrong for each of the two."""
    filled = FORMS[key]()
    forms = [(client, opened(client, filled)) for client in (desks.first, desks.second)]
    found = watched(filled, [press(client, filled, sent) for client, sent in forms])
    return found, [errors(answer) for answer in found.answers]


def not_once(key: Key, once: Outcome, desks: Desks) -> list[Any]:
    """What is wrong where one of two staff does it, and the other reads why they cannot."""
    found, said = by_two(key, desks)
    wrong = differences(key, once, found)
    if key[1] not in BULK and sorted(map(bool, said)) != [False, True]:
        wrong.append((key, "said", said))
    return wrong


def not_each(key: Key, once: Outcome, desks: Desks) -> list[Any]:
    """What is wrong where both do it, or the second one nothing."""
    found, said = by_two(key, desks)
    wrong: list[Any] = [(key, "said", said)] if any(said) and key != ("page", "decide") else []
    both = {name: 2 * number if key in EACH or name == TOKENS else number for name, number in once.added.items()}
    return wrong + ([(key, "rows", both, found.added)] if found.added != both else [])


def pressed(key: Key, desks: Desks) -> list[Any]:
    """What is wrong with one that can be pressed: the same form twice, then two staff with a form each, beside what one press does."""
    once = alone(key, desks)
    by_two = not_each if key in EACH or key in HARMLESS else not_once
    return [*twice(key, once, desks), *by_two(key, once, desks)]


@pytest.mark.parametrize("part", range(PARTS))
def test_pressed_twice_at_once_by_one_or_by_two_is_done_once(part: int, desks: Desks) -> None:
    keys = sorted(set(FORMS) - {EXPORT})[part::PARTS]
    assert [one for key in keys for one in pressed(key, desks)] == []


def test_of_two_who_announce_one_season_the_second_reads_what_is_there_already(desks: Desks) -> None:
    _found, said = by_two(("page", "season"), desks)
    first = Training.objects.earliest("pk")
    assert sorted(said) == [[], [f"It is on the calendar already: {first.code}."]]
