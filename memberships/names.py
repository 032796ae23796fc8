"""Names of organizations: when two spellings are one, and when they are so near that staff are asked. Pure."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable

SMALL_WORDS = frozenset({"of", "and", "the", "for", "a", "in", "at"})
LIKE = 0.85
SHORTEST = 5
"""Letters of a word in which one misspelling is worth a question."""


def organization_key(name: str) -> str:
    """What makes two spellings one organization: no case, no accents of encoding, no "The", no footnote star, single spaces."""
    key = unicodedata.normalize("NFKC", name).casefold().strip().rstrip("*").strip()
    return re.sub(r"\s+", " ", re.sub(r"^the\s+", "", key))[:200]


@functools.lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words that tell organizations apart: without punctuation, what stands in brackets, and small words."""
    text = re.sub(r"\([^)]*\)", " ", unicodedata.normalize("NFKC", name).casefold())
    return tuple(word for word in re.findall(r"[^\W_]+", text) if word not in SMALL_WORDS)


def are_near(first: str, second: str) -> bool:
    """Whether two names may be one: the same words, however joined, or one of them misspelt."""
    one, other = words_of(first), words_of(second)
    if not one or not other:
        return False
    if "".join(one) == "".join(other):
        return True
    if len(one) != len(other) or len(one) < 2:
        return False
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and _misspelt(*differing[0])


def _misspelt(word: str, other: str) -> bool:
    if min(len(word), len(other)) < SHORTEST or word[0] != other[0]:
        return False
    return difflib.SequenceMatcher(None, word, other).ratio() >= LIKE


def nearest(name: str, known: Iterable[tuple[int, str]]) -> int | None:
    """The id of the first of the known names (id, name) that is near; none where none is."""
    return next((pk for pk, other in known if are_near(name, other)), None)
