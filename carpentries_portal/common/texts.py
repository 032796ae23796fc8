"""A line of text as people type it, made safe to show: one line, one form of each character, nothing that turns its direction."""

from __future__ import annotations

import re
import unicodedata

# Marks that reorder what stands around them, and characters that nobody sees. Joiners stay: Persian and Hindi need them.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

_FORMULA = set("=+-@＝＋－＠")  # the wide ones too: a spreadsheet set to Japanese or Chinese takes them


def one_line(text: str) -> str:
    """NFC, white space collapsed to single spaces, control and direction marks taken out."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    text = "".join(
        " " if sign in "\t\r\n\v\f" else sign for sign in text if sign in "\t\r\n\v\f" or unicodedata.category(sign) != "Cc"
    )
    return " ".join(text.split())


def plain_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.lstrip()[:1] in _FORMULA else cell


def folded(text: str) -> str:
    """The key by which names are found: one line, without case, accents or width: "Zoë  MÜLLER" is "zoe muller"."""
    plain = unicodedata.normalize("NFKD", one_line(text).casefold())
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())
