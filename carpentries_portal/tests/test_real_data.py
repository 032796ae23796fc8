"""Both real files into an empty portal, then the night: nothing happens, nobody is written to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import Notice
from memberships.agreements_file import read_zones
from memberships.importing import import_agreements
from memberships.models import LedgerEntry, Membership
from trainings.importing import import_calendar
from trainings.models import Training

DATA = Path(__file__).resolve().parent.parent / "demo" / "data"
CALENDAR = DATA / "training_calendar_2017_2026.csv"
AGREEMENTS = DATA / "member_agreements_2018.csv"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "now", [datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2018, 4, 1, 12, tzinfo=UTC)], ids=["today", "2018"]
)
def test_imports_then_the_night_0_actions_0_letters(now: datetime) -> None:
    calendar = import_calendar(CALENDAR.read_bytes(), by=None, now=now)
    zones = read_zones((DATA / "organization_zones.csv").read_bytes())
    members = import_agreements(AGREEMENTS.read_bytes(), zones=zones, by=None, now=now)
    assert (len(calendar.taken), len(calendar.refused)) == (331, 0)
    assert [(refusal.line, refusal.field) for refusal in members.refused] == [
        (11, "level_on_members_page_2018"),
        (27, "level_on_members_page_2018"),
        (35, "level_on_members_page_2018"),
    ]
    assert len(members.taken) == 34
    run = runs.run(now=now.replace(hour=12, minute=30))
    assert (run.applied, run.braked, run.failed, list(run.errors.all())) == (0, 0, 0, [])
    assert Notice.objects.count() == 0
    assert list(run_audits()) == []


def test_imports_again_change_nothing() -> None:
    now = datetime(2018, 4, 1, 12, tzinfo=UTC)
    for _ in range(2):
        calendar = import_calendar(CALENDAR.read_bytes(), by=None, now=now)
        members = import_agreements(AGREEMENTS.read_bytes(), zones={}, by=None, now=now)
        counts = (Training.objects.count(), Membership.objects.count(), LedgerEntry.objects.count())
    assert (len(calendar.taken), len(calendar.unchanged)) == (0, 331)
    assert (len(members.taken), len(members.unchanged)) == (0, 34)
    assert counts == (331, 38, LedgerEntry.objects.count())


def test_import_in_2018_past_trainings_are_held_coming_ones_scheduled() -> None:
    import_calendar(CALENDAR.read_bytes(), by=None, now=datetime(2018, 4, 1, 12, tzinfo=UTC))
    states = dict(Training.objects.filter(starts_on__year=2018).values_list("code", "state"))
    assert states["2018-03-12-chicago"] == "held"
    assert states["2018-04-24-denver"] == "scheduled"


def test_import_of_an_ended_membership_forfeits_its_seats_use_unknown() -> None:
    import_agreements(AGREEMENTS.read_bytes(), zones={}, by=None, now=datetime(2026, 11, 23, tzinfo=UTC))
    florida = Membership.objects.get(organization__name="University of Florida")
    assert (florida.granted, florida.available, florida.forfeited) == (15, 0, 15)
    assert florida.entries.get().reason == "Opening: the membership ended before the portal took over, use unknown."
