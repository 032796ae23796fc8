"""The desk: named queries over facts, registered by each app; each item leads to where it is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common.audit_night import last_report
from carpentries_portal.common.models import BrakedAction, DataRequest, Notice, Run, RunError
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.models.own_data import DataRequestState
from carpentries_portal.common.prepared import first, prepared
from carpentries_portal.common.registries import Registry

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Item:
    text: str
    more: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """A group of the desk. `urgent`: staff decide. `all`: where all of it stands (address, words), which is more than the items."""

    title: str
    urgent: bool
    items: list[Item]
    all: tuple[str, str] | None = None


DeskQuery = Callable[[datetime], Card]
QUERIES: Registry[DeskQuery] = Registry()


def cards(*, now: datetime) -> list[Card]:
    """Every card, the urgent first."""
    return sorted((query(now) for query in QUERIES), key=lambda card: not card.urgent)


@prepared
def _last_started() -> QuerySet[Run]:
    return Run.objects.filter(started_at__isnull=False).order_by("-pk")[:1]


@prepared
def _last_whole() -> QuerySet[Run]:
    return Run.objects.filter(rules="", previewed=False, finished_at__isnull=False).order_by("-pk")[:1]


@prepared
def _errors(run_id: Any) -> QuerySet[RunError]:
    return RunError.objects.filter(run=run_id).order_by("pk")[:SHOWN]


@prepared
def _failed() -> QuerySet[Notice]:
    return Notice.objects.filter(state=NoticeState.FAILED).order_by("-pk")[:SHOWN]


@prepared
def _braked() -> QuerySet[BrakedAction]:
    return BrakedAction.objects.filter(released_at__isnull=True, closed_at__isnull=True).order_by("cut_off_on", "pk")[:SHOWN]


@prepared
def _data_requests() -> QuerySet[DataRequest]:
    rows = DataRequest.objects.filter(state=DataRequestState.ASKED).select_related("person")
    return rows.order_by("asked_at", "pk")[:SHOWN]


def last_run() -> Run | None:
    return first(_last_started())


def failed_letters(now: datetime) -> Card:
    items = [
        Item(
            _("%(code)s to %(to)s") % {"code": row.code, "to": row.to_address},
            row.error,
            reverse("admin:common_notice_change", args=[row.pk]),
        )
        for row in _failed()
    ]
    return Card(_("Letters that failed"), urgent=False, items=items)


def braked(now: datetime) -> Card:
    items = [
        Item(f"{row.rule}: {row.subject_text}", row.sentence, reverse("admin:common_brakedaction_change", args=[row.pk]))
        for row in _braked()
    ]
    return Card(_("Held back by the brake"), urgent=True, items=items)


def broke(now: datetime) -> Card:
    """What broke in the last run that did every rule: it is tried again the next night."""
    run = first(_last_whole())
    rows = _errors(run_id=run.pk) if run is not None else []
    items = [Item(str(row).split(":")[0], row.error, reverse("admin:run_report", args=[row.run_id])) for row in rows]
    return Card(_("Broke in the last run"), urgent=False, items=items)


def audited(now: datetime) -> Card:
    """What the last audit found, each by name. It changes nothing: staff look, and put right by buttons."""
    report = last_report()
    rows = report.findings.order_by("pk")[:SHOWN] if report is not None else []
    items = [
        Item(row.subject, f"{row.audit}: {row.sentence}", reverse("admin:common_auditfinding_change", args=[row.pk]))
        for row in rows
    ]
    return Card(_("Data that does not add up"), urgent=True, items=items)


def own_data(now: datetime) -> Card:
    items = [Item(str(row), row.text, reverse("admin:common_datarequest_change", args=[row.pk])) for row in _data_requests()]
    return Card(_("People who ask about their own data"), urgent=True, items=items)


def register() -> None:
    """Called when the app is ready."""
    QUERIES.add("own data", own_data)
    QUERIES.add("failed letters", failed_letters)
    QUERIES.add("braked", braked)
    QUERIES.add("broke", broke)
    QUERIES.add("audit", audited)
