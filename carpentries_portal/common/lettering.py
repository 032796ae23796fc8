"""Which characters a certificate can be lettered in: the scripts that the set-up has fonts for. Asked where a name is entered. Pure."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

LONGEST = 200
_RANGES = (
    (0x20, 0x7E),  # Latin: basic, Latin-1, extended A and B, IPA
    (0xA1, 0x2AF),
    (0x2B9, 0x2DD),  # letters that modify: the okina, tone marks
    (0x300, 0x36F),  # accents that combine
    (0x370, 0x3E1),  # Greek
    (0x3F0, 0x3FF),
    (0x400, 0x52F),  # Cyrillic
    (0x591, 0x5EE),  # Hebrew
    (0x5F0, 0x5F4),
    (0x606, 0x61B),  # Arabic
    (0x61E, 0x6FF),
    (0x750, 0x77F),
    (0x8A2, 0x8AC),
    (0x900, 0x97F),  # Devanagari
    (0x1100, 0x11FF),  # Hangul, in parts
    (0x1E00, 0x1EFF),  # Latin for Vietnamese
    (0x1F00, 0x1FFF),  # Greek with all its accents
    (0x200C, 0x200D),  # joiners, which Persian and Hindi need
    (0x2010, 0x2015),  # dashes and quotation marks
    (0x2018, 0x201F),
    (0x3005, 0x3007),  # marks of Han writing
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x3131, 0x318E),  # Hangul
    (0x3400, 0x4DB5),  # Han
    (0x4E00, 0x9FEA),
    (0xAC00, 0xD7A3),  # Hangul
    (0xF900, 0xFA6D),  # Han, compatible forms
)
_HAN_BEYOND = (0x20000, 0x2FA1D)
_HAN_SETS = ("euc_jis_2004", "big5hkscs")  # the rare Han characters of names that Japan and Hong Kong have in their standards
_HAN_ALSO = "𠮷"  # as in Yoshida: in families' names, and in the fonts, though in no standard


def can_letter(sign: str) -> bool:
    """Whether one character can be drawn with the fonts of the set-up."""
    code = ord(sign)
    if _HAN_BEYOND[0] <= code <= _HAN_BEYOND[1]:
        return sign in _HAN_ALSO or any(_in_set(sign, name) for name in _HAN_SETS)
    return any(first <= code <= last for first, last in _RANGES) and unicodedata.category(sign) not in {"Cn", "Cc", "Co", "Cs"}


def _in_set(sign: str, name: str) -> bool:
    try:
        sign.encode(name)
    except UnicodeEncodeError:
        return False
    return True


def why_not(name: str) -> str:
    """Why this cannot stand on a certificate as a name, as a sentence; empty where it can. `name` is one line, in NFC."""
    if not name.strip():
        return _("A certificate needs a name.")
    if len(name) > LONGEST:
        return _("A name on a certificate has at most %(n)d characters.") % {"n": LONGEST}
    refused = list(dict.fromkeys(sign for sign in name if not can_letter(sign)))
    if refused:
        return _(
            "A certificate cannot be lettered with %(signs)s: it takes Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese, Japanese and Korean letters, and no pictures."
        ) % {"signs": ", ".join(_shown(sign) for sign in refused[:5])}
    if not any(unicodedata.category(sign).startswith("L") for sign in name):
        return _("A name on a certificate has at least one letter.")
    return ""


def _shown(sign: str) -> str:
    known = unicodedata.name(sign, "").lower()
    shown = f"“{sign}”" if unicodedata.category(sign)[0] in "LNPSM" else f"U+{ord(sign):04X}"
    return f"{shown} ({known})" if known else shown
