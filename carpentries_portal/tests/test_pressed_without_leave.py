"""Whoever has no permission presses nothing: every button, add form, action for many rows and page, with a real row and a true form.

The same form is then sent by a superuser and does its work, so that what was refused was no empty form; sent again, it does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.models import Person
from carpentries_portal.common.roles import READER, REVIEWER, SCHEDULER, SUPERUSER
from carpentries_portal.tests.pressing import FORMS, NOW, Filled, Key, contents, opened, pressable, tables
from carpentries_portal.tests.test_roles import NO_ROLE, REVIEWED, SCHEDULED, desk, of_role
from memberships.factories import PersonFactory

pytestmark = pytest.mark.django_db

PAGE_ROLES = {
    "merge": {SCHEDULER},
    "season": {SCHEDULER},
    "decide": {SCHEDULER},  # exceptions of trainings, as the form has them
    "hold": {SCHEDULER},
    "run": {SCHEDULER},
    "export": {REVIEWER},
}
EXPORT = ("page", "export")
"""A file, each time that it is taken out."""
ROLES = (SCHEDULER, REVIEWER, READER)
NO_ROLE_YET, NO_STAFF, NOBODY = "staff without a role", "no staff", "not logged in"
CERTIFIED = {"Checkout", "Reissue", "CheckoutException"}
SCHEDULED_TOO = {"AuditReport"}


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def allowed(key: Key) -> set[str]:
    """The roles that may, as the README says: written out here, so that what slips into a role is seen."""
    name, what = key
    if name == "page":
        return PAGE_ROLES[what]
    if what == "add":
        app = next(model._meta.app_label for model in apps.get_models() if model.__name__ == name)
        planned = app in {"memberships", "trainings", "trainees"} or name in SCHEDULED_TOO
        return {REVIEWER} if name in CERTIFIED else {SCHEDULER} if planned else set()
    roles = {role for role, names in ((SCHEDULER, SCHEDULED), (REVIEWER, REVIEWED)) if name in names}
    return set() if key in NO_ROLE else roles


@pytest.fixture
def others() -> Mapping[str, Client]:
    """Everybody who is no superuser: by role, staff whom nobody gave one, somebody with a page of their own, nobody."""
    found = {role: desk(of_role(role)) for role in ROLES}
    unsaid: Person = PersonFactory(is_staff=True)
    return {**found, NO_ROLE_YET: desk(unsaid), NO_STAFF: desk(of_role("")), NOBODY: Client()}


def refused(who: str, filled: Filled, answer: HttpResponse) -> bool:
    """403; who is no staff is led to log in. A page that may be seen is shown again, or left, without what was pressed."""
    if who in {NO_STAFF, NOBODY}:
        return answer.status_code == 302 and "/login/" in answer.headers["Location"]
    return answer.status_code in ({200, 302} if filled.listed and who != NO_ROLE_YET else {403})


def press_all(key: Key, filled: Filled, boss: Client, others: Mapping[str, Client], names: Sequence[str]) -> list[Any]:
    """What is wrong: who was let through, what changed, or that the form does nothing by whoever may."""
    sent, wrong = opened(boss, filled), []
    before = contents(names)
    for who, client in others.items():
        if who in allowed(key):
            continue
        answers = [client.post(filled.path, sent), *([] if filled.listed else [client.get(filled.path)])]
        wrong += [(key, who, answer.status_code) for answer in answers if not refused(who, filled, answer)]
    after = contents(names)
    wrong += [(key, "changed", name) for name in names if before[name] != after[name]]
    done = boss.post(filled.path, sent)
    if key != EXPORT and done.status_code != 302:
        wrong.append((key, "not done by a superuser", done.status_code, problems(done)))
    if (once := contents(names)) == after:
        wrong.append((key, "nothing is done by a superuser either"))
    return wrong if key == EXPORT else [*wrong, *repeated(key, boss.post(filled.path, sent), once, names)]


def repeated(key: Key, answer: HttpResponse, once: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    """What is wrong with the same form sent again: it does nothing, and leads to where the first led."""
    wrong: list[Any] = [] if answer.status_code == 302 else [(key, "again", answer.status_code, problems(answer))]
    now = contents(names)
    return wrong + [(key, "done again", name) for name in names if once[name] != now[name]]


def problems(answer: HttpResponse) -> list[str]:
    forms = [answer.context[name] for name in ("form", "asking") if answer.context and name in answer.context]
    return [str(dict(form.errors)) for form in forms]


def test_each_that_can_be_pressed_has_its_form() -> None:
    """A new button fails here until a row and a form are made for it."""
    assert set(FORMS) == pressable()
    assert len(FORMS) > 95


@pytest.mark.parametrize("part", range(4))
def test_pressed_with_a_true_form_by_who_may_not_nothing_changes(part: int, others: Mapping[str, Client]) -> None:
    boss, names = desk(of_role(SUPERUSER)), tables()
    wrong = [one for key in sorted(FORMS)[part::4] for one in press_all(key, FORMS[key](), boss, others, names)]
    assert wrong == []
