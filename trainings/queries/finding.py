"""Finding a training: filtered in the database as far as dates allow, a page or a month at a time, so that cost and weight stay the same."""

from __future__ import annotations

import calendar
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Value

from carpentries_portal.common.dates import add_months, hours_of, quarter_of
from carpentries_portal.common.models import EditionRecord
from carpentries_portal.common.prepared import prepared
from trainings.models import Training
from trainings.models.trainings import TrainingQuerySet
from trainings.queries.calendar import Offer, offer_of

PER_PAGE = 25
PER_DAY = 4
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
    """In order, without what a list does not show; the editions once, not with each row."""
    rows = rows.with_seats_booked().defer("agenda", "source", "source_notes").prefetch_related("edition")
    return rows.order_by("starts_at", "pk")


@functools.lru_cache(maxsize=4)
def _open_by(quarter: datetime, limit: int) -> tuple[Callable[..., list[int]], Callable[..., list[Training]]]:
    """How many are open for sign-up, and the next of them, at an instant of the quarter of an hour, in which no zone's day changes."""

    def count(now: Any) -> QuerySet[Training, int]:
        rows = Training.objects.scheduled().not_begun(now).sign_up_open(quarter).values(all=Value(1))
        return rows.annotate(n=Count("pk")).values_list("n", flat=True)

    def soonest(now: Any) -> QuerySet[Training]:
        rows = _offers(Training.objects.scheduled().not_begun(now).sign_up_open(quarter))
        return rows.prefetch_related(None).select_related("edition")[:limit]

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


def find(wanted: Wanted, *, now: datetime, page: str | None) -> Found:
    """A page of the trainings that are wanted, soonest first; a page that is none is the first or the last. Three queries."""
    paginator = Paginator(_offers(matching(wanted, not_over(now), now=now)), PER_PAGE)
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
    """The trainings with a day in the month of `first_on`, those that are over too. Two queries."""
    last_on = month_end(first_on)
    rows = matching(wanted, Training.objects.filter(starts_on__lte=last_on, ends_on__gte=first_on), now=now)
    offers = [offer_of(row, now=now) for row in _offers(rows)[:MOST_IN_A_MONTH]]
    by_day: dict[date, list[Entry]] = {}
    for offer in offers:
        for number, hours in enumerate(offer.hours, start=1):
            by_day.setdefault(hours.on, []).append(Entry(offer, number))
    dates = calendar.Calendar().monthdatescalendar(first_on.year, first_on.month)
    weeks = [GridWeek([_grid_day(on, first_on, by_day.get(on, [])) for on in week]) for week in dates]
    return MonthGrid(first_on=first_on, weeks=weeks, count=len(offers))


def _grid_day(on: date, first_on: date, entries: list[Entry]) -> GridDay:
    if (on.year, on.month) != (first_on.year, first_on.month):
        return GridDay(on, inside=False)
    return GridDay(on, inside=True, entries=entries[:PER_DAY], more=max(len(entries) - PER_DAY, 0))


def first_month(wanted: Wanted, *, now: datetime) -> date:
    """The month to begin with: that of the next training that is wanted, else the current one. One query."""
    row = matching(wanted, not_over(now), now=now).order_by("starts_at").values_list("starts_on", flat=True).first()
    return (row or now.date()).replace(day=1)
