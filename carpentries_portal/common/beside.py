"""What stands beside a row's page in admin: each app says what it knows about the rows of the apps below it.

So a membership's page shows its bookings, which the app of memberships does not know of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Item:
    """A line: its text, `quiet` what is said under it, and where its links lead (address, words)."""

    text: str
    quiet: str = ""
    links: Sequence[tuple[str, str]] = ()
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """`empty` is said where there is no line; a section with neither is not shown."""

    title: str
    items: Sequence[Item]
    empty: str = ""


Read = Callable[[HttpRequest, Any], Section]

_READS: dict[str, list[Read]] = defaultdict(list)


def stand_beside(label: str, read: Read) -> None:
    """`read` gives a section for each page of a row of the model with this label ("memberships.membership"); constant queries."""
    if read not in _READS[label]:
        _READS[label].append(read)


def beside(request: HttpRequest, row: Any) -> list[Section]:
    """The sections of a row's page, in the order in which the apps registered."""
    found = [read(request, row) for read in _READS[row._meta.label_lower]]
    return [section for section in found if section.items or section.empty]
