"""A line of a timeline in plain words: what changed from what to what, who did it or which rule, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.handbook import RULES

FIELDS: dict[str, Promise] = {
    "code": gettext_lazy("code"),
    "confirmed_on": gettext_lazy("confirmed as done on"),
    "done_on": gettext_lazy("done on"),
    "due_on": gettext_lazy("due on"),
    "ended_on": gettext_lazy("ended on"),
    "ends_on": gettext_lazy("last day"),
    "expired_on": gettext_lazy("expired on"),
    "marks": gettext_lazy("roll call"),
    "minutes": gettext_lazy("minutes missed"),
    "sha256": gettext_lazy("sum of the file"),
    "starts_on": gettext_lazy("first day"),
}
"""Names of stored values; one that is not here is called by its own word."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `who` is "" for the portal itself; `state` says how a letter stands; `url` leads to the row."""

    key: str
    at: datetime
    group: str
    what: str
    why: str = ""
    who: str = ""
    rule: str = ""
    edition: str = ""
    state: str = ""
    changes: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def rule_title(self) -> str:
        return str(RULES.get(self.rule, ""))


def changes_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """ "due on: Tue 1 May 2018 → Mon 30 Jul 2018": the values of a journal line that differ, in words."""
    said = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        title = str(FIELDS.get(name, name.replace("_", " ")))
        if name not in old:
            said.append(f"{title}: {value_text(after)}")
        elif before != after:
            said.append(f"{title}: {value_text(before)} → {value_text(after)}")
    return said


def value_text(value: Any) -> str:
    """A stored value as people read it: days as days, nothing as a dash, lists with commas."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "; ".join(changes_of({}, value))
    if isinstance(value, list):
        return ", ".join(value_text(one) for one in value)
    if isinstance(value, str) and len(value) == 10:
        try:
            return day_text(date.fromisoformat(value))
        except ValueError:
            return value
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)
