"""Characters that are no text, or that nobody sees: taken out of cells, and said. Names in every script stay as they are. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_JOINERS = "\u200c\u200d"
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SPACES = frozenset("\t\n\v\f\r\x85")


@dataclass(frozen=True, slots=True)
class Tidied:
    """A cell in NFC, with single spaces; whether control or invisible characters were taken out."""

    text: str
    control: bool = False
    invisible: bool = False


def tidy(raw: str) -> Tidied:
    """A cell as it is kept: control and invisible characters taken out, white space collapsed, NFC."""
    if raw.isascii() and raw.isprintable():
        return Tidied(" ".join(raw.split()))
    seen = "".join(sign for sign in raw if not _is_control(sign))
    shown = _INVISIBLE.sub(_kept, seen)
    return Tidied(
        unicodedata.normalize("NFC", " ".join(shown.split())),
        control=len(seen) != len(raw),
        invisible=len(shown) != len(seen),
    )


def _is_control(sign: str) -> bool:
    """Control characters that are no white space, and halves of surrogate pairs, which no database takes."""
    return unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _SPACES


def _kept(match: re.Match[str]) -> str:
    """Joiners stay where scripts need them (Persian, Indic, emoji): between two signs, the first of them beyond Latin, Greek, Cyrillic."""
    if match[0] not in _JOINERS:
        return ""
    text, at = match.string, match.start()
    return match[0] if at and at + 1 < len(text) and ord(text[at - 1]) >= 0x0590 and not text[at + 1].isspace() else ""
