"""One search over all: each app registers what can be found of it, and by what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from carpentries_portal.common.registries import Registry
from carpentries_portal.common.texts import folded, one_line

SHOWN = 10
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed: as it is, folded, and the number that it is ("#12", "membership 12"), if one."""

    text: str
    key: str
    number: int | None
    known: dict[str, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, find: Callable[[], Iterable[int]]) -> list[int]:
        """Ids that several kinds are found by, such as those of people: read by the first that asks."""
        if name not in self.known:
            self.known[name] = list(find())
        return self.known[name]


def query_of(text: str) -> Query:
    text = one_line(text.replace("\0", ""))[:200]
    number = re.fullmatch(r"(?:[a-z ]*)#?\s*([0-9]{1,9})", text.casefold())
    return Query(text=text, key=folded(text), number=int(number[1]) if number else None)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: its name, how it stands in words, its id."""

    pk: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What can be found of a model; whoever may not see it finds none of it. `find` returns at most `SHOWN` + 1."""

    title: Any
    model: type[Any]
    find: Callable[[Query], Sequence[Hit]]


SEARCHES: Registry[Searched] = Registry()
