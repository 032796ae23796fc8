"""The timeline: one ordered query over all tables that say what happened, then the rows of one page, a query a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Expression, F, Q, QuerySet, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.registries import Registry
from carpentries_portal.common.why.kinds import Story
from carpentries_portal.common.why.lines import Line

SHOWN = 50
AT_ONCE = 500
MOST_PAGES = 10_000
GROUPS: dict[str, Promise] = {
    "done": _("what was done"),
    "seats": _("seats"),
    "letters": _("letters"),
    "exceptions": _("exceptions"),
    "night": _("the night"),
}
"""The kinds of lines that a page can be narrowed to."""

Points = QuerySet[Any, Any]


def before(field: str, until: datetime | None) -> Q:
    """Rows of before an instant (None: all)."""
    return Q(**{f"{field}__lt": until}) if until is not None else Q()


@dataclass(frozen=True, slots=True)
class Source:
    """A table that says what happened.

    `rows`: those of a story before an instant (None: all); `at`: the field or expression that says when; `lines`: the given rows in words, by id.
    """

    group: str
    rows: Callable[[Story, datetime | None], Points]
    at: Callable[[datetime | None], Expression | F]
    lines: Callable[[Story, Sequence[int], datetime | None], Mapping[int, Line]]


SOURCES: Registry[Source] = Registry()


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of lines, newest first; `older`: whether there are more."""

    lines: list[Line]
    page: int
    older: bool


def timeline(story: Story, *, until: datetime | None = None, group: str = "", page: int = 1, shown: int = SHOWN) -> Timeline:
    """The lines of a story, newest first, merged from every table. `until`: as of that instant, and nothing from it on.

    One query finds which lines stand on the page, and one a table reads them: as many for ten as for ten thousand.
    """
    page = min(max(page, 1), MOST_PAGES)
    first = (page - 1) * shown
    sources = [source for source in SOURCES if not group or source.group == group]
    points = [_points(source, rank, story, until) for rank, source in enumerate(sources)]
    if not points:
        return Timeline(lines=[], page=page, older=False)
    merged = points[0].union(*points[1:], all=True) if len(points) > 1 else points[0]
    found = list(merged.order_by("-point_at", "-point_rank", "-point_key")[first : first + shown + 1])
    lines = _read(sources, story, found[:shown], until)
    return Timeline(lines=lines, page=page, older=len(found) > shown)


def whole(story: Story, *, until: datetime | None = None, group: str = "") -> Iterator[Line]:
    """All lines of a story, newest first, read page by page."""
    for page in range(1, MOST_PAGES + 1):
        found = timeline(story, until=until, group=group, page=page, shown=AT_ONCE)
        yield from found.lines
        if not found.older:
            return


def _points(source: Source, rank: int, story: Story, until: datetime | None) -> Points:
    rows = source.rows(story, until).order_by()
    named: Points = rows.annotate(point_at=source.at(until), point_rank=Value(rank), point_key=F("pk"))
    return named.values_list("point_at", "point_rank", "point_key")


def _read(sources: Sequence[Source], story: Story, found: Sequence[Any], until: datetime | None) -> list[Line]:
    keys: dict[int, list[int]] = {}
    for _at, rank, key in found:
        keys.setdefault(rank, []).append(key)
    read = {rank: sources[rank].lines(story, ids, until) for rank, ids in keys.items()}
    return [read[rank][key] for _at, rank, key in found if key in read[rank]]
