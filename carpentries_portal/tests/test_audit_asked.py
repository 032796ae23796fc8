"""An audit that staff ask for, once they have put something right: made by the next free worker, one at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from carpentries_portal.common import clock, desk, tasks
from carpentries_portal.common.audit_night import UnableToAudit, ask, audit_asked, last_report, waiting
from carpentries_portal.common.models import AuditReport
from carpentries_portal.tests.test_desk import logged_in
from certification.factories import Team
from certification.models import Checkout
from memberships.factories import PersonFactory, StaffFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATH = "/admin/common/auditreport/add/"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def asked_for(client: Client) -> str:
    """The form sent; what the page says after it."""
    once = re.search(r'name="once" value="(\w+)"', client.get(PATH).content.decode())
    assert once is not None
    return client.post(PATH, {"once": once[1]}, follow=True).content.decode()


def test_staff_ask_and_a_worker_makes_it_and_the_desk_follows() -> None:
    checkout, client = Team(1).checkout(), logged_in(StaffFactory())
    Checkout.objects.filter(pk=checkout.pk).update(late_days=9)
    assert "Audit everything now…" in client.get("/admin/common/auditfinding/").content.decode()
    assert "Added: audit of" in asked_for(client)
    assert "One is under way" in asked_for(client)
    assert waiting(now=NOW)
    tasks.audit()
    report = AuditReport.objects.get()
    assert (report.asked, report.found, report.finished_at, last_report()) == (True, 1, NOW, report)
    assert [item.text for item in desk.audited(NOW).items] == [f"checkout {checkout.pk}"]
    assert not waiting(now=NOW)
    Checkout.objects.filter(pk=checkout.pk).update(late_days=0)
    ask(by=StaffFactory(), now=NOW + HOUR)
    assert audit_asked(now=NOW + HOUR) is not None
    assert desk.audited(NOW + HOUR).items == []


def test_one_that_lost_its_worker_is_made_by_another() -> None:
    report = ask(by=StaffFactory(), now=NOW)
    AuditReport.objects.update(claimed_at=NOW)
    assert (audit_asked(now=NOW + HOUR), waiting(now=NOW + HOUR)) == (None, False)
    with pytest.raises(UnableToAudit):
        ask(by=StaffFactory(), now=NOW + HOUR)
    assert waiting(now=NOW + 3 * HOUR)
    assert audit_asked(now=NOW + 3 * HOUR) == report
    assert ask(by=StaffFactory(), now=NOW + 4 * HOUR) != report


def test_the_newest_look_counts_whenever_it_was_asked_for() -> None:
    report = ask(by=StaffFactory(), now=NOW)
    nights = AuditReport.objects.create(night=NOW, started_at=NOW + HOUR, finished_at=NOW + HOUR)
    assert last_report() == nights
    assert audit_asked(now=NOW + 2 * HOUR) == report
    assert last_report() == report


def test_who_only_reads_asks_for_none() -> None:
    reader = PersonFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name="read-only"))
    client = logged_in(reader)
    assert client.get(PATH).status_code == 403
    assert "Audit everything now" not in client.get("/admin/common/auditfinding/").content.decode()
