"""The desk: named queries over facts, registered by each app; each item leads to where it is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Window
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common.audit_night import last_report
from carpentries_portal.common.models import BrakedAction, DataRequest, Notice, Person, Run, RunError
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
    """A group of the desk. `urgent`: staff decide. `of`: how many there are in all; `all`: where they stand (address, words)."""

    title: str
    urgent: bool
    items: list[Item]
    all: tuple[str, str] | None = None
    of: int = 0

    @property
    def count(self) -> int:
        return max(self.of, len(self.items))


@dataclass(frozen=True, slots=True)
class DeskQuery:
    """A card, and the permissions of who sees it."""

    find: Callable[[datetime], Card]
    needs: tuple[str, ...]


QUERIES: Registry[DeskQuery] = Registry()


def add(name: str, find: Callable[[datetime], Card], *needs: str) -> None:
    """Register a card for who has all of these permissions ("trainings.view_training")."""
    QUERIES.add(name, DeskQuery(find, needs))


def cards(person: Person, *, now: datetime) -> list[Card]:
    """Every card that the person may see, the urgent first."""
    seen = [query.find(now) for query in QUERIES if person.has_perms(query.needs)]
    return sorted(seen, key=lambda card: not card.urgent)


def counted(rows: Any) -> Any:
    """The same rows, each with how many there are without the limit (`of`), which has to be set after it."""
    return rows.annotate(of=Window(Count("pk")))


def of(*parts: Sequence[Any]) -> int:
    """How many there are in all of some rows that were `counted`, whatever of them was read."""
    return sum(int(vars(part[0])["of"]) for part in parts if part)


def queue() -> tuple[str, str]:
    return reverse("admin:exceptions"), _("All that is asked: decide several at once")


def listed(model: str, query: str = "") -> tuple[str, str]:
    """The list of a model ("common_notice") in admin."""
    return reverse(f"admin:{model}_changelist") + query, _("All of them")


@prepared
def _last_started() -> QuerySet[Run]:
    return Run.objects.filter(started_at__isnull=False).order_by("-pk")[:1]


@prepared
def _last_whole() -> QuerySet[Run]:
    return Run.objects.filter(rules="", previewed=False, finished_at__isnull=False).order_by("-pk")[:1]


@prepared
def _errors(run_id: Any) -> QuerySet[RunError]:
    rows: QuerySet[RunError] = counted(RunError.objects.filter(run=run_id).order_by("pk"))[:SHOWN]
    return rows


@prepared
def _failed() -> QuerySet[Notice]:
    rows: QuerySet[Notice] = counted(Notice.objects.filter(state=NoticeState.FAILED).order_by("-pk"))[:SHOWN]
    return rows


@prepared
def _braked() -> QuerySet[BrakedAction]:
    waiting = BrakedAction.objects.filter(released_at__isnull=True, closed_at__isnull=True).order_by("cut_off_on", "pk")
    rows: QuerySet[BrakedAction] = counted(waiting)[:SHOWN]
    return rows


@prepared
def _data_requests() -> QuerySet[DataRequest]:
    waiting = DataRequest.objects.filter(state=DataRequestState.ASKED).select_related("person").order_by("asked_at", "pk")
    rows: QuerySet[DataRequest] = counted(waiting)[:SHOWN]
    return rows


def last_run() -> Run | None:
    return first(_last_started())


def failed_letters(now: datetime) -> Card:
    rows = _failed()
    items = [
        Item(
            _("%(code)s to %(to)s") % {"code": row.code, "to": row.to_address},
            row.error,
            reverse("admin:common_notice_change", args=[row.pk]),
        )
        for row in rows
    ]
    everything = listed("common_notice", "?state__exact=failed")
    return Card(_("Letters that failed"), urgent=False, items=items, of=of(rows), all=everything)


def braked(now: datetime) -> Card:
    rows = _braked()
    items = [
        Item(f"{row.rule}: {row.subject_text}", row.sentence, reverse("admin:common_brakedaction_change", args=[row.pk]))
        for row in rows
    ]
    return Card(_("Held back by the brake"), urgent=True, items=items, of=of(rows), all=listed("common_brakedaction"))


def broke(now: datetime) -> Card:
    """What broke in the last run that did every rule: it is tried again the next night."""
    run = first(_last_whole())
    rows = _errors(run_id=run.pk) if run is not None else []
    items = [Item(str(row).split(":")[0], row.error, reverse("admin:run_report", args=[row.run_id])) for row in rows]
    report = (reverse("admin:run_report", args=[run.pk]), _("All of them")) if run is not None else None
    return Card(_("Broke in the last run"), urgent=False, items=items, of=of(rows), all=report)


def audited(now: datetime) -> Card:
    """What the last audit found, each by name. It changes nothing: staff look, and put right by buttons."""
    report = last_report()
    rows = list(counted(report.findings.order_by("pk"))[:SHOWN]) if report is not None else []
    items = [
        Item(row.subject, f"{row.audit}: {row.sentence}", reverse("admin:common_auditfinding_change", args=[row.pk]))
        for row in rows
    ]
    return Card(_("Data that does not add up"), urgent=True, items=items, of=of(rows), all=listed("common_auditfinding"))


def own_data(now: datetime) -> Card:
    rows = _data_requests()
    items = [Item(str(row), row.text, reverse("admin:common_datarequest_change", args=[row.pk])) for row in rows]
    return Card(_("People who ask about their own data"), urgent=True, items=items, of=of(rows), all=queue())


def register() -> None:
    """Called when the app is ready."""
    add("own data", own_data, "common.view_datarequest")
    add("failed letters", failed_letters, "common.view_notice")
    add("braked", braked, "common.view_brakedaction")
    add("broke", broke, "common.view_run")
    add("audit", audited, "common.view_auditfinding")
