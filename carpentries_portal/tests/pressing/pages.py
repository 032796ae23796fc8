"""Forms of pages of their own: a merge, a season, several decisions, a hold of tonight, a run now, an edition, a list taken out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.test import Client

from carpentries_portal.common.enforcement import runs
from carpentries_portal.tests.pressing import teams
from carpentries_portal.tests.pressing.floor import BACKEND, WHY
from carpentries_portal.tests.pressing.members import ours
from carpentries_portal.tests.pressing.registry import NOW, Filled, add, numbers, page
from carpentries_portal.tests.test_editions_admin import prefilled
from memberships.factories import CoordinatorFactory, PersonFactory, StaffFactory
from memberships.models import Membership


@add("EditionRecord", warns=True)
def _edition() -> dict[str, Any]:
    desk, n = Client(), next(numbers)
    desk.force_login(StaffFactory(), backend=BACKEND)
    begins = date(2050, 1, 1) + timedelta(days=n)
    return {**prefilled(desk), "name": f"Edition {n}", "in_force_from": begins.isoformat()}


@page("merge")
def _merge() -> Filled:
    kept, other = PersonFactory(), CoordinatorFactory().person
    return Filled(f"/admin/common/person/{kept.pk}/merge/?other={other.email}", WHY, row=other)


@page("season")
def _season() -> Filled:
    day = date(2019, 3, 4) + timedelta(days=7 * next(numbers))
    lines = f"{day}, America/New_York\n{day}, Europe/Paris, 10:00-18:00, 60, Spring"
    return Filled("/admin/trainings/training/season/", {"do": "announce", "lines": lines}, first={"do": "check", "lines": lines})


@page("decide")
def _decide() -> Filled:
    rows = [teams.asked(), teams.asked()]
    chosen = {"do": "approve", "row": [f"training:{row.pk}" for row in rows]}
    typed = {"training-until": "2018-03-01T12:00", "training-note": "Fine.", "training-seats": "6"}
    return Filled("/admin/exceptions/decide/", {**chosen, "confirm": "1", **typed}, first=chosen, row=rows[0], listed=True)


def over() -> Membership:
    """A year that has ended with seats left: the next run forfeits them (R12)."""
    return ours(starts_on=date(2017, 1, 21), ends_on=date(2018, 1, 20))


@page("hold")
def _hold() -> Filled:
    return Filled(f"/admin/tonight/R12/{over().pk}/hold/", {**WHY, "until_on": "2018-03-01"})


@page("run")
def _run() -> Filled:
    """One thing is due, and nothing else."""
    runs.run(now=NOW)
    over()
    return Filled("/admin/tonight/run/", {})


@page("export")
def _export() -> Filled:
    return Filled("/admin/certification/certificate/export/", {"first_on": "2018-01-01"})
