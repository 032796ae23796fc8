"""Everything that staff press in admin, each with a row on which it is offered and a form that does its work.

A button, an add form or an action for many rows without an entry here fails `test_pressed_without_leave`.
"""

from __future__ import annotations

from carpentries_portal.tests.pressing import floor, members, pages, papers, teams  # noqa: F401  # they register their forms
from carpentries_portal.tests.pressing.registry import FORMS, NOW, Filled, Key, opened, pressable
from carpentries_portal.tests.pressing.state import added, changed, contents, counts, fields_of, tables

__all__ = [
    "FORMS",
    "NOW",
    "Filled",
    "Key",
    "added",
    "changed",
    "contents",
    "counts",
    "fields_of",
    "opened",
    "pressable",
    "tables",
]
