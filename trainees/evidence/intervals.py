"""Half-open intervals as sets of points, of seconds or of instants: merged, intersected, subtracted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

Point = TypeVar("Point", int, datetime)

Spans = tuple[tuple[int, int], ...]
"""Merged intervals of one day in whole seconds from its start: sorted, none empty, none touching another."""


def merge(spans: Iterable[tuple[Point, Point]]) -> tuple[tuple[Point, Point], ...]:
    """Intervals as a set of points: sorted; what overlaps or touches becomes one, what is empty or runs backwards goes."""
    merged: list[tuple[Point, Point]] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)


def overlap(one: Iterable[tuple[Point, Point]], other: Iterable[tuple[Point, Point]]) -> tuple[tuple[Point, Point], ...]:
    """What lies in both, merged."""
    others = merge(other)
    return merge((max(a, c), min(b, d)) for a, b in merge(one) for c, d in others)


def without(spans: Spans, gaps: Iterable[tuple[int, int]]) -> Spans:
    """What of the intervals lies in none of the gaps, merged."""
    left = list(merge(spans))
    for begin, end in merge(gaps):
        left = [piece for a, b in left for piece in ((a, min(b, begin)), (max(a, end), b))]
        left = list(merge(left))
    return tuple(left)
