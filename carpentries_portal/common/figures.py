"""How it goes, in figures: plots with their tables, registered by each app that has something to count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from carpentries_portal.common.registries import Registry


class Kind(Enum):
    """How a plot is drawn: parts that stand on each other, or a line for each."""

    BARS = "bars"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one manner, with a value for each label; None: not known yet. `tone`: the name of its look in admin.css."""

    label: str
    tone: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing. `about` says what it shows to who does not see it. Of many labels only each `every`-th is written."""

    title: str
    about: str
    kind: Kind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    percent: bool = False
    every: int = 1
    top: int = 0
    """What the scale reaches to; 0: the largest value. The same for plots that stand side by side."""


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers. The first column names the row, and those after it in `words` are text too."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact as its heading, what is counted and how, the plots and their table. Without plots there is nothing to count yet."""

    title: str
    lead: str
    plots: tuple[Plot, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class FigureKind:
    """Who may see it ("app.codename"), and how it is made."""

    permission: str
    make: Callable[[datetime], Figure]


FIGURES: Registry[FigureKind] = Registry()


def share(part: float, whole: float) -> str:
    """A share in words: 62 %; a dash of nothing."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def highest(plots: Sequence[Plot]) -> int:
    """The top that the scales of stacked plots have in common."""
    return max((int(sum(parts)) for plot in plots for parts in zip(*(one.values for one in plot.series), strict=True)), default=0)
