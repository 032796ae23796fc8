"""Finding a training: filtered in the database as far as dates allow, a page or a month at a time, so that cost and weight stay the same."""

from __future__ import annotations

import calendar
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Value

from carpentries_portal.common.dates import add_months, days_between, hours_of, quarter_of
from carpentries_portal.common.models import EditionRecord
from carpentries_portal.common.prepared import prepared
from trainings.models import Training
from trainings.models.trainings import TrainingQuerySet
from trainings.queries.calendar import Offer, offer_of

PER_PAGE = 20
PER_DAY = 3
ZONES = 12
MOST_IN_A_MONTH = 200
"""More are never drawn in one month; the list has them all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. `first_on`, `last_on` and `year` bound the first day; `suits` is a zone in which the hours are to suit (R9)."""

    first_on: date | None = None
    last_on: date | None = None
    year: tuple[date, date] | None = None
    open: bool = False
    seats: int | None = None
    suits: str = ""

    @property
    def narrows(self) -> bool:
        return self != Wanted()


def not_over(now: datetime) -> TrainingQuerySet:
    """Every training that has not ended, cancelled ones too (their page says why)."""
    return Training.objects.filter(ends_at__gt=now)


def matching(wanted: Wanted, rows: TrainingQuerySet, *, now: datetime) -> TrainingQuerySet:
    """Those of the rows that are wanted. Two queries more where the hours are to suit."""
    year = wanted.year or (None, None)
    for first, last in ((wanted.first_on, wanted.last_on), year):
        rows = rows.filter(starts_on__gte=first) if first else rows
        rows = rows.filter(starts_on__lte=last) if last else rows
    if wanted.open:
        rows = rows.open(now)
    if wanted.seats:
        rows = rows.scheduled().with_seats_booked().filter(capacity__gte=F("seats_booked") + wanted.seats)
    return rows.filter(pk__in=_at_good_hours(rows, wanted.suits)) if wanted.suits else rows


def _at_good_hours(rows: TrainingQuerySet, zone: str) -> list[int]:
    """The ids of those whose hours lie within the day of a zone, on each of their days (R9). Reads only what that takes."""
    editions = {record.pk: record.edition() for record in EditionRecord.objects.all()}
    found = []
    for pk, first, last, starts, ends, there, edition in rows.values_list(
        "pk", "starts_on", "ends_on", "starts", "ends", "zone", "edition"
    ):
        days = hours_of(first=first, last=last, starts=starts, ends=ends, zone=there)
        early, late = editions[edition].earliest_hour, editions[edition].latest_hour
        if all(day.in_zone(zone).within(early, late) for day in days):
            found.append(pk)
    return found


def _offers(rows: TrainingQuerySet) -> TrainingQuerySet:
    """In order, without what a list does not show."""
    rows = rows.with_seats_booked().defer("agenda", "source", "source_notes").select_related("edition")
    return rows.order_by("starts_at", "pk")


@functools.lru_cache(maxsize=4)
def _open_by(quarter: datetime, limit: int) -> tuple[Callable[..., list[int]], Callable[..., list[Training]]]:
    """How many are open for sign-up, and the next of them, at an instant of the quarter of an hour, in which no zone's day changes."""

    def count(now: Any) -> QuerySet[Training, int]:
        rows = Training.objects.scheduled().not_begun(now).sign_up_open(quarter).values(all=Value(1))
        return rows.annotate(n=Count("pk")).values_list("n", flat=True)

    def soonest(now: Any) -> QuerySet[Training]:
        return _offers(Training.objects.scheduled().not_begun(now).sign_up_open(quarter))[:limit]

    return prepared(count), prepared(soonest)


SOONEST = 3


def count_open(now: datetime) -> int:
    return sum(_open_by(quarter_of(now), SOONEST)[0](now=now))


def next_open(now: datetime, *, limit: int = SOONEST) -> list[Offer]:
    """The next trainings that are open for sign-up, soonest first. One query."""
    return [offer_of(row, now=now) for row in _open_by(quarter_of(now), limit)[1](now=now)]


@prepared
def _zones(now: Any) -> QuerySet[Training, str]:
    return not_over(now).values_list("zone", flat=True).distinct().order_by("zone")[:ZONES]


def zones_to_come(now: datetime, *, limit: int = ZONES) -> list[str]:
    """The zones of the trainings to come. One query."""
    return sorted(_zones(now=now)[:limit])


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list. `page` is Django's, of trainings."""

    offers: list[Offer]
    count: int
    page: Page[Training]


@prepared
def _count_to_come(now: Any) -> QuerySet[Training, int]:
    return not_over(now).values(all=Value(1)).annotate(n=Count("pk")).values_list("n", flat=True)


@functools.lru_cache(maxsize=50)
def _to_come(start: int, stop: int) -> Callable[..., list[Training]]:
    @prepared
    def rows(now: Any) -> QuerySet[Training]:
        return _offers(not_over(now))[start:stop]

    return rows


class _Everything(Sequence[Training]):
    """All trainings to come, for a paginator: what nearly everybody looks at, so it is prepared."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __len__(self) -> int:
        return sum(_count_to_come(now=self.now))

    def __getitem__(self, part: Any) -> Any:
        return _to_come(part.start, part.stop)(now=self.now) if part.start < part.stop else []


def find(wanted: Wanted, *, now: datetime, page: str | None) -> Found:
    """A page of the trainings that are wanted, soonest first; a page that is none is the first or the last. Two queries."""
    rows = _offers(matching(wanted, not_over(now), now=now)) if wanted.narrows else _Everything(now)
    paginator: Paginator[Training] = Paginator(rows, PER_PAGE)
    shown = paginator.get_page(page)
    return Found(offers=[offer_of(row, now=now) for row in shown.object_list], count=paginator.count, page=shown)


@dataclass(frozen=True, slots=True)
class Entry:
    """A training on one of its days: `number` is 1 on the first."""

    offer: Offer
    number: int

    @property
    def hours(self) -> object:
        return self.offer.hours[self.number - 1]


@dataclass(frozen=True, slots=True)
class GridDay:
    """A day of the month; of a month beside it, without entries. `more` trainings are not drawn."""

    on: date
    inside: bool
    entries: Sequence[Entry] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class GridWeek:
    """Seven days from Monday on; `empty` where no training has a day in it."""

    days: list[GridDay]

    @property
    def empty(self) -> bool:
        return not any(day.entries for day in self.days)


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """A month in weeks from Monday on. Days are those of the trainings' own zones."""

    first_on: date
    weeks: list[GridWeek]
    count: int

    @property
    def before(self) -> date:
        return add_months(self.first_on, -1)

    @property
    def after(self) -> date:
        return add_months(self.first_on, 1)


def month_end(first_on: date) -> date:
    return add_months(first_on, 1) - timedelta(days=1)


def month_grid(first_on: date, wanted: Wanted, *, now: datetime) -> MonthGrid:
    """The trainings with a day in the month of `first_on`, those that are over too. Two queries: their days, then those that are drawn."""
    found = matching(wanted, Training.objects.filter(starts_on__lte=month_end(first_on), ends_on__gte=first_on), now=now)
    spans = list(found.order_by("starts_at", "pk").values_list("pk", "starts_on", "ends_on")[:MOST_IN_A_MONTH])
    by_day: dict[date, list[tuple[int, int]]] = {}
    for pk, first, last in spans:
        for number, on in enumerate(days_between(first, last), start=1):
            by_day.setdefault(on, []).append((pk, number))
    dates = calendar.Calendar().monthdatescalendar(first_on.year, first_on.month)
    inside = {on for week in dates for on in week if (on.year, on.month) == (first_on.year, first_on.month)}
    drawn = sorted({pk for on in inside for pk, _number in by_day.get(on, [])[:PER_DAY]})
    offers = {row.pk: offer_of(row, now=now) for row in _offers(Training.objects.filter(pk__in=drawn))}
    days = {on: _grid_day(on, by_day.get(on, []), offers) for on in inside}
    weeks = [GridWeek([days.get(on) or GridDay(on, inside=False) for on in week]) for week in dates]
    return MonthGrid(first_on=first_on, weeks=weeks, count=len(spans))


def _grid_day(on: date, rows: list[tuple[int, int]], offers: Mapping[int, Offer]) -> GridDay:
    entries = [Entry(offers[pk], number) for pk, number in rows[:PER_DAY] if pk in offers]
    return GridDay(on, inside=True, entries=entries, more=max(len(rows) - PER_DAY, 0))


def first_month(wanted: Wanted, *, now: datetime) -> date:
    """The month to begin with: that of the next training that is wanted, else the current one. One query."""
    row = matching(wanted, not_over(now), now=now).order_by("starts_at").values_list("starts_on", flat=True).first()
    return (row or now.date()).replace(day=1)
