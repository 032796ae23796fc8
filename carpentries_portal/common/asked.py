"""One queue of all that is asked of staff: each app registers its tables, and every row leads to where it is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.models import ExceptionRecord, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.registries import Registry

SHOWN = 50
MOST_PAGES = 10_000
EARLIER = 10
STATES: dict[str, Promise] = {
    "asked": _("waits for staff"),
    "approved": _("approved"),
    "declined": _("declined"),
    "revoked": _("revoked"),
    "done": _("done"),
    "all": _("all"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A table of what is asked.

    `member`: the lookup from a row to its organization, "" where it has none. `related`: what a row's words need, loaded with it.
    `subject`: the kind and the id of the thing whose timeline stands beside the decision, where there is one.
    """

    name: str
    title: Any
    model: type[Any]
    member: str = ""
    related: tuple[str, ...] = ()
    subject: Callable[[Any], tuple[str, int] | None] = lambda row: None

    @property
    def is_exception(self) -> bool:
        return issubclass(self.model, ExceptionRecord)

    @property
    def label(self) -> str:
        return str(self.model._meta.label_lower)

    def permission(self, verb: str) -> str:
        return f"{self.model._meta.app_label}.{verb}_{self.model._meta.model_name}"


ASKED: Registry[Asked] = Registry()
MEMBERS: Registry[Callable[[str], Sequence[int]]] = Registry()
"""How the app that has organizations finds them by a part of a name: their ids."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the queue is narrowed to. `organization`: a part of its name; `days`: waiting at least so many."""

    kind: str = ""
    rule: str = ""
    organization: str = ""
    state: str = "asked"
    days: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the queue in words. `days` since it was asked; `waits` whether nobody has decided; `url` where it is decided."""

    kind: Asked
    row: Any
    rule: str
    subject: str
    asked_for: str
    reason: str
    refusal: str
    who: str
    state: str
    days: int
    waits: bool
    url: str

    @property
    def key(self) -> str:
        return f"{self.kind.name}:{self.row.pk}"


def seen_by(person: Person) -> list[Asked]:
    """The kinds that a person of staff may see."""
    return [kind for kind in ASKED if person.has_perm(kind.permission("view"))]


def kind_of(row: Any) -> Asked | None:
    return next((kind for kind in ASKED if isinstance(row, kind.model)), None)


def queue(kinds: Sequence[Asked], wanted: Wanted, *, now: datetime, page: int = 1) -> tuple[list[Entry], bool]:
    """A page of the queue over the given kinds, and whether there are more: what waits longest first, else the newest first.

    One query finds the rows, and one a kind reads them.
    """
    first = (min(max(page, 1), MOST_PAGES) - 1) * SHOWN
    asked = [kind for kind in kinds if _may_match(kind, wanted)]
    points = [_points(_narrowed(kind, wanted, now), rank) for rank, kind in enumerate(asked)]
    order = ("point_at", "point_rank", "point_key") if wanted.state == "asked" else ("-point_at", "-point_rank", "-point_key")
    found = _merged(points, order, first, first + SHOWN + 1)
    return _read(asked, found[:SHOWN], now=now), len(found) > SHOWN


def whole_queue(kinds: Sequence[Asked], wanted: Wanted, *, now: datetime) -> Iterator[Entry]:
    """Every row of it, read a page at a time."""
    for page in range(1, MOST_PAGES + 1):
        entries, more = queue(kinds, wanted, now=now, page=page)
        yield from entries
        if not more:
            return


def earlier(row: Any, *, now: datetime, kinds: Sequence[Asked]) -> list[Entry]:
    """What the same member was granted or refused before, of all kinds, the newest first; empty for a row without a member."""
    kind = kind_of(row)
    if kind is None or not kind.member:
        return []
    member = kind.model._default_manager.filter(pk=row.pk).values_list(kind.member, flat=True).first()
    asked = [one for one in kinds if one.member]
    points = []
    for rank, one in enumerate(asked):
        rows = one.model._default_manager.filter(**{one.member: member})
        points.append(_points(rows.exclude(pk=row.pk) if one is kind else rows, rank))
    return _read(asked, _merged(points, ("-point_at", "-point_rank", "-point_key"), 0, EARLIER), now=now)


def _may_match(kind: Asked, wanted: Wanted) -> bool:
    if wanted.kind and kind.name != wanted.kind:
        return False
    if wanted.organization and not kind.member:
        return False
    states = {"asked", "declined", "all", *(("approved", "revoked") if kind.is_exception else ("done",))}
    return wanted.state in states and (kind.is_exception or not wanted.rule)


def _narrowed(kind: Asked, wanted: Wanted, now: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = kind.model._default_manager.all()
    if wanted.state != "all":
        rows = rows.filter(state=wanted.state)
    if wanted.rule:
        rows = rows.filter(rule=wanted.rule)
    if wanted.organization:
        rows = rows.filter(**{f"{kind.member}__in": [pk for find in MEMBERS for pk in find(wanted.organization)]})
    if wanted.days:
        rows = rows.filter(asked_at__lte=now - timedelta(days=wanted.days))
    return rows


def _points(rows: QuerySet[Any], rank: int) -> QuerySet[Any, Any]:
    named: QuerySet[Any, Any] = rows.order_by().annotate(point_at=F("asked_at"), point_rank=Value(rank), point_key=F("pk"))
    return named.values_list("point_at", "point_rank", "point_key")


def _merged(points: Sequence[QuerySet[Any, Any]], order: tuple[str, ...], first: int, last: int) -> list[Any]:
    if not points:
        return []
    merged = points[0].union(*points[1:], all=True) if len(points) > 1 else points[0]
    return list(merged.order_by(*order)[first:last])


def _read(asked: Sequence[Asked], found: Sequence[Any], *, now: datetime) -> list[Entry]:
    keys: dict[int, list[int]] = {}
    for _at, rank, key in found:
        keys.setdefault(rank, []).append(key)
    rows: dict[int, Mapping[int, Any]] = {
        rank: asked[rank].model._default_manager.select_related(*asked[rank].related, "decided_by").in_bulk(ids)
        for rank, ids in keys.items()
    }
    return [entry_of(asked[rank], rows[rank][key], now=now) for _at, rank, key in found if key in rows[rank]]


def entry_of(kind: Asked, row: Any, *, now: datetime) -> Entry:
    """A row in words. Needs what `kind.related` names loaded."""
    exception = row if isinstance(row, ExceptionRecord) else None
    waits = row.state == ExceptionState.ASKED
    return Entry(
        kind=kind,
        row=row,
        rule=exception.rule if exception else "",
        subject=exception.subject_text() if exception else str(row.person),
        asked_for=exception.asked_for if exception else row.get_kind_display(),
        reason=exception.reason if exception else row.text,
        refusal=exception.refusal if exception else "",
        who=str((row.asked_by or "") if exception else row.person),
        state=row.get_state_display(),
        days=max((now - row.asked_at).days, 0),
        waits=waits,
        url=exception.admin_path() if exception else reverse("admin:common_datarequest_change", args=[row.pk]),
    )
