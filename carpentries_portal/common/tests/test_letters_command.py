"""bin/manage letters: what waits is listed and taken back where nobody can log in, as after a restore."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from carpentries_portal.common import clock
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.people import find_or_add_person
from carpentries_portal.common.tests.made_up_rule import NOON
from carpentries_portal.common.tests.test_operation import owed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    find_or_add_person(email="ines.moreau@example.org", name="Ines Moreau", now=NOON, is_staff=True)


def said(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("letters", *arguments, stdout=out, **options)
    return out.getvalue()


def test_those_that_wait_are_listed_the_next_first() -> None:
    later = owed(due_at=NOON + timedelta(days=1), subject_label="trainings.booking", subject_id=7)
    soon = owed()
    owed(state=NoticeState.SENT, sent_at=NOON)
    lines = said().splitlines()
    assert [int(line.split()[0]) for line in lines[:-1]] == [soon.pk, later.pk]
    assert lines[0] == f"{soon.pk}  {NOON:%Y-%m-%d %H:%M} UTC  queued  x  to a@example.org"
    assert "(trainings.booking 7)" in lines[1]
    assert lines[-1] == "2 letters wait."


def test_what_is_taken_back_does_not_leave_and_the_journal_says_by_whom() -> None:
    one, two = owed(), owed()
    assert said("--take-back", one.pk, two.pk, "--by", "Ines.Moreau@example.org", "--why", "left before") == "2 taken back.\n"
    assert set(Notice.objects.values_list("state", "error")) == {(NoticeState.CANCELLED, "left before")}
    assert JournalEntry.objects.filter(what="letter_taken_back", by__email="ines.moreau@example.org").count() == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "Say --by whom and --why."),
        (["--by", "ines.moreau@example.org"], "Say --by whom and --why."),
        (["--by", "nobody@example.org", "--why", "x"], "--by is the address of a member of staff."),
        (["--by", "ines.moreau@example.org", "--why", "x"], "None was taken back."),
    ],
)
def test_what_is_missing_is_said_and_none_is_taken_back(options: list[str], problem: str) -> None:
    waiting, gone = owed(), owed(state=NoticeState.SENT, sent_at=NOON)
    with pytest.raises(CommandError, match=problem):
        said("--take-back", waiting.pk, gone.pk, *options)
    waiting.refresh_from_db()
    assert waiting.state == NoticeState.QUEUED
