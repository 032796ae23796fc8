"""Names as people write them in a videoconference: what stands beside a name, folding for comparison, how two names differ. Pure."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SIMILAR = 0.85
"""difflib's ratio from which a name may be another one with a slip: one letter in seven."""

SHORTEST_SIMILAR, LONGEST_SIMILAR = 5, 80

PRONOUNS = frozenset({"he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs"})

# What NFKD does not take apart into a letter and its accent.
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
SILENT = re.compile(r"['’‘ʼ`´]")

DEVICE = (
    r"(?:i ?phone|i ?pad|i ?pod|mac ?book|imac|mac|android|galaxy|pixel|laptop|notebook|desktop|computer|pc|tablet|phone|handy)\b"
)
OWNED = (
    re.compile(rf"{DEVICE}.{{0,40}}? (?:von|van|de|di|da|do|du|del|of|av|od) (?P<who>.+)", re.IGNORECASE),
    re.compile(rf"{DEVICE}.{{0,40}}? d['’](?P<who>.+)", re.IGNORECASE),
    re.compile(rf"(?P<who>.+?)['’]s? {DEVICE}.*", re.IGNORECASE),
    re.compile(rf"(?P<who>.+?)s {DEVICE}.*", re.IGNORECASE),
    re.compile(rf"(?P<who>.+?)の ?{DEVICE}.*", re.IGNORECASE),
    re.compile(rf"(?P<who>.+?),? {DEVICE}.*", re.IGNORECASE),
)
BRACKETS = re.compile(r"[(\[（【](?P<inside>[^()\[\]（）【】]*)[)\]）】]")
BESIDE = re.compile(r" [-–—|/@•] ")


@functools.lru_cache(maxsize=4096)
@functools.lru_cache(maxsize=4096)
def readings(shown: str) -> tuple[str, ...]:
    """What the name of a connection may mean, most literal first: "Ana Silva (she/her)" and "Ana Silva", "iPhone von Ana" and "Ana".

    What stands in brackets is a reading too: Zoom writes "Nickname (Original Name)".
    """
    shown = " ".join(shown.split())
    outside = " ".join(BRACKETS.sub(" ", shown).split())
    parts = [shown, outside, BESIDE.split(outside)[0]]
    parts += [match["who"] for part in (shown, outside) for pattern in OWNED if (match := pattern.fullmatch(part))]
    parts += [inside for inside in BRACKETS.findall(shown) if not set(words(inside)) <= PRONOUNS]
    stripped = (part.strip(" ,;-–—|/@") for part in parts)
    return tuple(dict.fromkeys(part for part in stripped if part))


def without_accents(text: str) -> str:
    """Case and Latin accents gone. Marks that make another letter, as in か and が, stay."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFKC", bare).casefold().translate(LETTERS)


@functools.lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The words of a name for comparison, without case, accents, or signs: "Ruíz-Gómez, Ana" -> ("ruiz", "gomez", "ana")."""
    plain = without_accents(SILENT.sub("", text))
    kept = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in plain)
    return tuple(kept.split())


def same_name(one: str, other: str) -> str | None:
    """How two names are the same: "same", "case", "accents", "writing" or "order" (two parts swapped); None where they are not."""
    ours, theirs = words(one), words(other)
    if not ours or not theirs:
        return None
    if ours == theirs or "".join(ours) == "".join(theirs):
        first, second = (unicodedata.normalize("NFC", " ".join(name.split())) for name in (one, other))
        if first == second:
            return "same"
        if first.casefold() == second.casefold():
            return "case"
        return "accents" if without_accents(first) == without_accents(second) else "writing"
    swapped = any(ours[n:] + ours[:n] == theirs for n in range(1, len(ours)))
    return "order" if swapped else None


def is_part(short: str, full: str) -> bool:
    """Whether one word is a part of a longer name: what a device is called by."""
    ours, theirs = words(short), words(full)
    return len(ours) == 1 and len(theirs) > 1 and ours[0] in theirs


def contained(name: str, shown: str) -> int:
    """How many letters of a site's name stand in what is shown, as whole words in a row; 0 where they do not.

    Writing without spaces (図書館) is found inside a word. A name of less than three letters is found in everything, so in nothing.
    """
    inner, outer = words(name), words(shown)
    size = sum(map(len, inner))
    if not inner or size < (2 if _has_no_spaces("".join(inner)) else 3):
        return 0
    if _has_no_spaces("".join(inner)):
        return size if "".join(inner) in "".join(outer) else 0
    length = len(inner)
    return size if any(outer[n : n + length] == inner for n in range(len(outer) - length + 1)) else 0


def is_like(one: str, other: str) -> bool:
    """Whether one name may be the other with a slip of the pen, in any order of their words. Very short ones are like too many."""
    # sorted, as difflib's ratio is not the same both ways
    first, second = sorted((_ordered(one), _ordered(other)))
    if min(len(first), len(second)) < SHORTEST_SIMILAR or max(len(first), len(second)) > LONGEST_SIMILAR:
        return False
    if not _may_be_like(first, second):  # most names are not alike at all, and difflib is slow to say so
        return False
    return difflib.SequenceMatcher(a=first, b=second, autojunk=False).ratio() >= SIMILAR


@functools.lru_cache(maxsize=4096)
def _ordered(name: str) -> str:
    return " ".join(sorted(words(name)))


@functools.lru_cache(maxsize=4096)
def _letters(text: str) -> Counter[str]:
    return Counter(text)


def _may_be_like(first: str, second: str) -> bool:
    """The upper bounds of difflib's ratio: by the lengths, then by the letters that both have."""
    both = len(first) + len(second)
    if 2 * min(len(first), len(second)) < SIMILAR * both:
        return False
    ours, theirs = _letters(first), _letters(second)
    return 2 * sum(min(count, theirs[sign]) for sign, count in ours.items()) >= SIMILAR * both


def _has_no_spaces(text: str) -> bool:
    """Whether it is written in a script that puts no spaces between words."""
    return all(unicodedata.name(sign, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI")) for sign in text)


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Names in a row, the first few of many."""
    first = ", ".join(names[:most])
    return first if len(names) <= most else f"{first}, …"
