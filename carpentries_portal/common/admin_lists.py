"""Admin's lists at any size: their count, and filters whose choices need no walk through the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import add_months, month_text
from carpentries_portal.common.handbook import RULES
from carpentries_portal.common.models import email_key
from carpentries_portal.common.requests import now_of
from carpentries_portal.common.texts import folded

MANY = 10_000
KEPT_FOR = timedelta(minutes=1)
YEARS_BEFORE, YEARS_AHEAD = 5, 2

_counts: dict[str, tuple[datetime, int]] = {}


class ListPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts a whole table of many rows once a minute a process: the database walks through all of them for it."""

    def __init__(self, rows: models.QuerySet[Any], per_page: int, *, now: datetime, **rest: Any) -> None:
        super().__init__(rows, per_page, **rest)
        self.now = now

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if rows.query.where.children or rows.query.distinct:
            return int(rows.count())
        label = str(rows.model._meta.label_lower)
        at, count = _counts.get(label, (None, 0))
        if at is None or not timedelta(0) <= self.now - at < KEPT_FOR:
            count = int(rows.count())
            _counts.pop(label, None)
            if count >= MANY:
                _counts[label] = (self.now, count)
        return count


def dated(path: str, title: Any = "") -> type[admin.SimpleListFilter]:
    """By year, and by month of the year that is chosen, of a day or an instant (UTC). Offered are the years around today, and the chosen one."""

    class Dated(admin.SimpleListFilter):
        parameter_name = path

        def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
            field = get_fields_from_path(model, path)[-1]
            self.title = title or field.verbose_name
            self.instants = isinstance(field, models.DateTimeField)
            super().__init__(request, params, model, model_admin)

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            this = now_of(request).year
            years = set(range(this - YEARS_BEFORE, this + YEARS_AHEAD + 1))
            chosen = (self.value() or "")[:4]
            if chosen.isascii() and chosen.isdigit():
                years.add(int(chosen))
            return [choice for year in sorted(years, reverse=True) for choice in self._of_year(year)]

        def _of_year(self, year: int) -> Iterator[tuple[str, Any]]:
            yield str(year), str(year)
            if (self.value() or "")[:4] == str(year):
                months = [date(year, month, 1) for month in range(1, 13)]
                yield from ((f"{month:%Y-%m}", f"\N{EN DASH} {month_text(month)}") for month in months)

        def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
            """Raises ValueError for what is no year and no month."""
            value = self.value()
            if not value:
                return queryset
            first, after = _span(value)
            bounds = [datetime(day.year, day.month, 1, tzinfo=UTC) if self.instants else day for day in (first, after)]
            return queryset.filter(**{f"{path}__gte": bounds[0], f"{path}__lt": bounds[1]})

    return Dated


def _span(value: str) -> tuple[date, date]:
    """The first day of a year ("2026") or a month ("2026-03"), and the first day after it. Raises ValueError."""
    year, _dash, month = value.partition("-")
    first = date(int(year), int(month or 1), 1)
    if first.year == date.max.year:
        raise ValueError(value)
    return first, add_months(first, 1 if month else 12)


def named(field: str, title: Any, choices: Callable[[], Iterable[tuple[str, Any]]]) -> type[admin.SimpleListFilter]:
    """By a field whose values are known to the code, not read from its rows."""

    class Named(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return list(choices())

        def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
            value = self.value()
            return queryset.filter(**{field: value}) if value else queryset

    Named.title = title
    return Named


_values: dict[tuple[str, str], tuple[datetime, list[str]]] = {}


def valued(field: str) -> type[admin.SimpleListFilter]:
    """By a field whose few values its rows say: read once a minute a process, for the database walks through all of them."""

    class Valued(admin.SimpleListFilter):
        parameter_name = field

        def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
            self.title = get_fields_from_path(model, field)[-1].verbose_name
            super().__init__(request, params, model, model_admin)

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            key, now = (model_admin.opts.label_lower, field), now_of(request)
            at, found = _values.get(key, (None, []))
            if at is None or not timedelta(0) <= now - at < KEPT_FOR:
                rows = model_admin.model._default_manager.order_by(field).values_list(field, flat=True).distinct()
                found = [value for value in rows if value]
                _values[key] = (now, found)
            return [(value, value) for value in found]

        def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
            value = self.value()
            return queryset.filter(**{field: value}) if value else queryset

    return Valued


def by_rule() -> type[admin.SimpleListFilter]:
    """By the handbook's rule, of a field `rule`."""
    return named("rule", _("rule"), lambda: [(code, f"{code} {name}") for code, name in RULES.items()])


def as_kept(field: str, word: str) -> str:
    """A word as its field is kept: keys are folded alike on every database. "" for an accent alone, which is in no name."""
    if field.endswith("name_key"):
        return folded(word)
    return email_key(word) if field.endswith(("email_key", "to_key")) else word
