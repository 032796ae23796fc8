"""Names as people write them in lists: "Silva, Ana", "1. Ana Silva", given and family name in two cells. Pure."""

from __future__ import annotations

import re
import unicodedata

_NUMBERED = re.compile(r"\s{0,20}(?:[(#]{0,2}[0-9]{1,4}[.):\]]{1,2}|[-–*•·▪])\s+(?=\S)")
_DEGREE = r"(?:ph\.?\s?d|m\.?\s?d|m\.?\s?sc|b\.?\s?sc|m\.?\s?a|b\.?\s?a|d\.?\s?phil|dr|prof|mba|jr|sr|esq|ii|iii|iv|rn|pe)\.?"
_SUFFIX = re.compile(rf"{_DEGREE}(?:[\s,]+{_DEGREE})*", re.IGNORECASE)
_QUOTES = '"“”„«»'
PLACEHOLDERS = frozenset(
    {"?", "??", "???", "-", "--", "—", "–", "...", "…", "n/a", "n.a.", "n. a.", "n.n.", "n. n.", "tbd", "tba", "tbc"}
)
"""What stands in a cell for nobody yet."""


def is_numbered(text: str) -> bool:
    """Whether a text begins with its number in a list: "1. ", "(2) ", "- "."""
    return bool(_NUMBERED.match(text))


def without_number(text: str) -> str:
    """The text behind its number in a list."""
    match = _NUMBERED.match(text)
    return text[match.end() :] if match else text


def unquoted(name: str) -> str:
    """A name without quotation marks around it, and without the signs that part it from what stood beside it."""
    name = name.strip(" \t\n,;|:")
    while len(name) > 1 and ((name[0] in _QUOTES and name[-1] in _QUOTES) or name[0] == name[-1] == "'"):
        name = name[1:-1].strip()
    return name


def is_turned(name: str) -> bool:
    """Whether a name is written "Last, First": one comma, with something on both sides that is no degree."""
    last, comma, first = name.partition(",")
    return bool(comma and last.strip() and first.strip()) and "," not in first and not _SUFFIX.fullmatch(first.strip()[:60])


def in_reading_order(name: str) -> str:
    """ "Silva, Ana" as "Ana Silva"; another name as it is."""
    if not is_turned(name):
        return name
    last, _comma, first = name.partition(",")
    return joined(first, last)


def joined(given: str, family: str) -> str:
    """One name of two parts: given name first; Chinese, Japanese and Korean names family name first, without a space, as they are read."""
    given, family = given.strip(), family.strip()
    if given and family and _is_east_asian(given) and _is_east_asian(family):
        return family + given
    return f"{given} {family}".strip()


def _is_east_asian(name: str) -> bool:
    return all(unicodedata.name(sign, "").startswith(("CJK ", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC")) for sign in name)


def is_whole_name(cell: str) -> bool:
    """Whether a cell may well hold all of a name: several words, or a script that sets no spaces."""
    words = cell.split()
    return len(words) > 1 or (len(cell.strip()) > 1 and _is_east_asian(cell.strip()))
