"""The agenda of a training: copied from its edition when it is announced, clipped to its hours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import time
from typing import Any

from carpentries_portal.common.handbook import AgendaItem


def minutes_between(starts: time, ends: time) -> int:
    """Minutes from one wall-clock time to another; an end that is not later belongs to the next day."""
    minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    return minutes if minutes > 0 else minutes + 24 * 60


def agenda_for(items: Sequence[AgendaItem], *, starts: time, ends: time, days: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The items that fit the training's hours and days, as plain rows, and what had to be clipped or left out."""
    length = minutes_between(starts, ends)
    kept: list[dict[str, Any]] = []
    cut: list[str] = []
    for item in items:
        if item.day > days or item.starts_after >= length:
            cut.append(item.title)
            continue
        minutes = min(item.minutes, length - item.starts_after)
        if minutes < item.minutes:
            cut.append(item.title)
        kept.append({**asdict(item), "minutes": minutes})
    return kept, cut
