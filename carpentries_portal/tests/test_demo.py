"""The demo's picture: the same for the same date, true in its sums, and with what a visitor should be able to see and try."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice
from carpentries_portal.demo import cast, loader
from memberships.models import LedgerEntry, Membership
from trainees.models import EvidenceReport, Place, PlaceException, RosterRequest
from trainings.models import Booking, Training
from trainings.queries import waiting_demands

pytestmark = pytest.mark.django_db


def picture() -> dict[str, list[object]]:
    """Everything that a visitor could tell two pictures apart by."""
    return {
        "trainings": list(Training.objects.order_by("code").values_list("code", "state", "cancelled_why")),
        "memberships": list(
            Membership.objects.order_by("pk").values_list("organization__name", "starts_on", "available", "reserved", "forfeited")
        ),
        "bookings": list(Booking.objects.order_by("pk").values_list("training__code", "membership__organization__name", "seats")),
        "ledger": list(LedgerEntry.objects.order_by("pk").values_list("at", "event", "seats", "reason")),
        "journal": list(JournalEntry.objects.order_by("pk").values_list("at", "what", "why")),
        "letters": list(Notice.objects.order_by("pk").values_list("letter", "to_address", "state")),
    }


def painted(now: datetime) -> dict[str, list[object]]:
    with transaction.atomic():
        assert loader.load(now=now)
        result = picture()
        transaction.set_rollback(True)
    return result


@pytest.mark.long
def test_the_picture_is_the_same_for_the_same_date() -> None:
    now = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    assert painted(now) == painted(now)


@pytest.mark.parametrize(
    "today",
    [
        date(2026, 11, 24),
        *(pytest.param(day, marks=pytest.mark.long) for day in (date(2027, 2, 27), date(2028, 2, 29), date(2027, 1, 1))),
    ],
)
def test_the_picture_of_any_day_adds_up_and_has_what_a_visitor_tries(today: date) -> None:
    now = datetime(today.year, today.month, today.day, 3, 5, tzinfo=UTC)
    assert loader.load(now=now)
    assert [str(finding) for finding in run_audits()] == []
    assert set(Training.objects.values_list("state", flat=True)) >= {"scheduled", "cancelled", "held"}
    outcomes = set(Place.objects.values_list("outcome", flat=True))
    assert outcomes == {"", "passed", "not_passed"}
    closed = Training.objects.scheduled().filter(sign_up_until__range=(today - timedelta(days=6), today - timedelta(days=2)))
    seats = closed.annotate(taken=Sum("bookings__seats")).order_by("sign_up_until").values_list("taken", "capacity")
    assert any(0 < (taken or 0) <= capacity - 9 for taken, capacity in seats), "nothing to be late for"
    assert Training.objects.scheduled().filter(sign_up_until__gt=today + timedelta(days=7)).count() >= 5
    dana = Booking.objects.confirmed().filter(membership__organization__name="University of Florida")
    assert [row.seats - row.places.count() for row in dana] == [1], "Dana has nobody to name"
    assert not any(row.roster_cut_off().passed(now) for row in dana.select_related("training"))
    assert [len(row.spans()) for row in waiting_demands(now)] == [2], "nobody waits for dates"
    assert RosterRequest.objects.waiting().count() == 1, "staff have no swap to decide"
    assert PlaceException.objects.waiting().count() == 1, "nobody asks to take part alone"
    florida = Membership.objects.filter(organization__name="University of Florida", ends_on__gte=today)
    assert any(row.available >= 9 for row in florida), "Dana has no team to book"


@pytest.mark.once
def test_the_picture_has_a_report_that_waits_for_its_matches() -> None:
    now = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    assert loader.load(now=now)
    report = EvidenceReport.objects.get()
    assert report.training.bookings.filter(attendance_confirmed_at__isnull=True, places__state="active").exists()
    assert report.problem_count == 1
    rows = report.connections.all()
    assert {(row.whose, row.decided_by) for row in rows} == {("", None)}
    found = {(row.suggested, row.confidence) for row in rows.filter(waiting=False)}
    assert found >= {("person", "sure"), ("person", "likely"), ("site", "likely"), ("ignored", "sure"), ("", "unsure")}
    assert rows.filter(waiting=True).exists()


def test_load_demo_says_who_can_log_in_and_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 3, 5, tzinfo=UTC))
    first, second = StringIO(), StringIO()
    call_command("load_demo", stdout=first)
    before = picture()
    call_command("load_demo", stdout=second)
    assert picture() == before
    assert "Demo data: made" in first.getvalue()
    assert "Demo data: kept" in second.getvalue()
    for one in (cast.DANA, cast.MADS, cast.RUTH, cast.STAFF):
        assert f"{one.name} <{one.email}>" in second.getvalue()
    assert second.getvalue().count("/enter/") == 7
