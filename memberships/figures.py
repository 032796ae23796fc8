"""Seats by state, per level and year, for staff's page of figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from carpentries_portal.common.figures import FIGURES, Figure, FigureKind, Kind, Plot, Series, Table, highest, share
from memberships.models import Membership
from memberships.states import Account, Level

YEARS = 8
HELD = {Account.USED: "used", Account.RESERVED: "reserved", Account.AVAILABLE: "available", Account.FORFEITED: "forfeited"}
"""States of seats with the names of their looks; those that follow are gone from the membership, and drawn as one."""
GONE = (Account.RETURNED, Account.WITHDRAWN, Account.MOVED)
SUMS = (Account.GRANTED, *HELD, *GONE)


def _by_level_and_year(first_year: int) -> QuerySet[Any, Any]:
    rows = Membership.objects.filter(starts_on__year__gte=first_year).annotate(year=ExtractYear("starts_on"))
    sums = {f"sum_{account.value}": Sum(account.value) for account in SUMS}
    return rows.values("level", "year").annotate(members=Count("pk"), **sums).order_by("level", "year")


def seats(now: datetime) -> Figure:
    """One query. A membership counts in the year in which it starts."""
    first_year = now.year - YEARS + 2  # and the year to come, which is sold already
    rows = {(row["level"], row["year"]): row for row in _by_level_and_year(first_year)}
    seen = {year for _level, year in rows}
    years = list(range(min(seen), max(seen) + 1)) if seen else []
    levels = [level for level in Level if any(key[0] == level for key in rows)]
    total: dict[Account, int] = defaultdict(int)
    for row in rows.values():
        for account in SUMS:
            total[account] += row[f"sum_{account.value}"]
    plots = [_plot(level, years, rows) for level in levels]
    return Figure(
        _("%(granted)d seats since %(year)d: %(used)s used, %(forfeited)s forfeited")
        % {
            "granted": total[Account.GRANTED],
            "year": min(years, default=now.year),
            "used": share(total[Account.USED], total[Account.GRANTED]),
            "forfeited": share(total[Account.FORFEITED], total[Account.GRANTED]),
        },
        _("Seats by how they stand now. A membership counts in the year in which it starts."),
        tuple(replace(plot, top=highest(plots)) for plot in plots),
        _table([rows[level, year] for level in levels for year in years if (level, year) in rows]),
    )


def _plot(level: Level, years: list[int], rows: dict[tuple[str, int], dict[str, Any]]) -> Plot:
    def values(*accounts: Account) -> tuple[float, ...]:
        found = [rows.get((level.value, year), {}) for year in years]
        return tuple(sum(row.get(f"sum_{account.value}", 0) for account in accounts) for row in found)

    parts = [Series(str(account.label), tone, values(account)) for account, tone in HELD.items()]
    parts.append(Series(_("returned, withdrawn or moved"), "gone", values(*GONE)))
    title = str(level.label)
    about = _("Seats of %(level)s memberships by state, a bar for each year; the table has the numbers.") % {"level": title}
    return Plot(title, about, Kind.BARS, tuple(map(str, years)), tuple(parts))


def _table(rows: list[dict[str, Any]]) -> Table:
    header = (_("Level and year"), _("Members"), *(str(account.label) for account in SUMS))
    lines = []
    for row in rows:
        numbers = (row["members"], *(row[f"sum_{account.value}"] for account in SUMS))
        lines.append((f"{Level(row['level']).label} {row['year']}", *map(str, numbers)))
    return Table(header, tuple(lines))


def register() -> None:
    """Called when the app is ready."""
    FIGURES.add("seats", FigureKind("memberships.view_membership", seats))
