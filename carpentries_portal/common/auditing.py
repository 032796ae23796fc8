"""The audit: each app registers what must add up; a mismatch is named, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from carpentries_portal.common.registries import Registry


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that does not add up: what it is, what should stand there, and what does."""

    audit: str
    subject: str
    expected: int | str
    found: int | str
    sentence: str


Audit = Callable[[], Iterator[Mismatch]]
AUDITS: Registry[Audit] = Registry()


def run_audits() -> Iterator[Mismatch]:
    """Every mismatch of every registered audit."""
    for audit in AUDITS:
        yield from audit()
