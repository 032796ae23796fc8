"""Explaining a rule for a subject: each app registers how, so that the command prints the verdict that the pages use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.registries import Registry


class UnableToExplain(UnableTo):
    """The rule needs a subject that was not named, or that does not exist."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the command was given. `code` is a training's."""

    now: datetime
    membership: int | None = None
    code: str = ""
    booking: int | None = None
    place: int | None = None
    seats: int | None = None
    site_zone: str = ""


Explainer = Callable[[Subject], list[Verdict]]
EXPLAINERS: Registry[Explainer] = Registry()
