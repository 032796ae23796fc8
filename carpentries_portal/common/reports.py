"""How an import answers on the command line: what was taken, what was not and why, what was inferred."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from django.core.management.base import OutputWrapper

from carpentries_portal.common.tablefile import Note, Refusal


class Row(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def notes(self) -> tuple[Note, ...]: ...


def print_import(
    out: OutputWrapper,
    *,
    taken: Sequence[Row],
    unchanged: Sequence[Row],
    refused: Sequence[Refusal],
    extra: dict[int, Note],
    as_json: bool,
) -> None:
    """Print an import's result: a table for people, or one JSON object."""
    notes = [(row.line, note) for row in taken for note in (*row.notes, *([extra[row.line]] if row.line in extra else []))]
    if as_json:
        out.write(
            json.dumps(
                {
                    "taken": len(taken),
                    "unchanged": len(unchanged),
                    "refused": [{"line": r.line, "field": r.field, "reason": r.reason} for r in refused],
                    "notes": [{"line": line, **note.as_json()} for line, note in notes],
                },
                ensure_ascii=False,
            )
        )
        return
    out.write(f"{len(taken)} taken, {len(unchanged)} known already, {len(refused)} refused")
    for refusal in refused:
        out.write(f"  line {refusal.line}, {refusal.field}: {refusal.reason}")
    for code, count in sorted(Counter(note.code for _line, note in notes).items()):
        out.write(f"  {count:4} x {code}")
    for line, note in notes:
        if note.code not in {"zone-inferred", "ends-on-anniversary", "remark"}:
            out.write(f"  line {line}, {note.field}: {note.text}")
