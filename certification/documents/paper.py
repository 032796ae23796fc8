"""What stands on a certificate, as plain values, and its page as HTML."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import days_text, zone_city
from certification.documents.artwork import artwork

SIZES = (44, 38, 33, 28, 24, 20, 16, 13, 10)  # pt, largest first: a name takes the largest that it fits in
LINE = 510  # pt: the width that a line of the name has
_JAPANESE, _KOREAN, _TRADITIONAL = {"JP"}, {"KR", "KP"}, {"TW", "HK", "MO"}


@dataclass(frozen=True, slots=True)
class Exercise:
    name: str
    done_on: date


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate: the frozen data of a revision. `address` is where it is checked; `country` (ISO 3166) chooses between the forms of Han characters."""

    name: str
    organization: str
    starts_on: date
    ends_on: date
    zone: str
    exercises: tuple[Exercise, ...]
    issued_on: date
    number: str
    address: str
    typed_at: str
    country: str = ""


def page(paper: Paper, *, size: int) -> str:
    """The page as HTML, with the name in a size of SIZES. What people wrote is escaped; drawings are our own."""
    return render_to_string("certification/certificate.html", _context(paper, size))


def _context(paper: Paper, size: int) -> Mapping[str, Any]:
    # scanners read any of the eight masks; to weigh them takes 4 ms
    code = segno.make(paper.address, error="m", boost_error=False, micro=False, mask=3)
    drawing = code.svg_inline(scale=1, border=0, dark="#14213a", omitsize=True, unit=None)
    return {
        "paper": paper,
        "size": size,
        "language": language(paper.name, country=paper.country),
        "title": title(paper),
        "subject": _("Certificate of Instructor Training, number %(number)s") % {"number": paper.number},
        "attests": _attests(paper),
        "parts": _parts(paper),
        "issued": day_text(paper.issued_on),
        "typed": paper.typed_at.removeprefix("https://").removeprefix("http://"),
        "artwork": mark_safe(artwork(paper.number)),
        "code": mark_safe(drawing),
    }


def title(paper: Paper) -> str:
    return _("Certificate of Instructor Training: %(name)s") % {"name": paper.name}


def day_text(day: date) -> str:
    """ "12 March 2018"."""
    return f"{day.day} {day:%B %Y}"


def _attests(paper: Paper) -> str:
    if not paper.organization:
        return _("has completed the instructor training of The Carpentries, and is a certified instructor.")
    team = _(
        "took part with the team of %(organization)s, completed the instructor training of The Carpentries, and is a certified instructor."
    )
    return team % {"organization": paper.organization}


def _parts(paper: Paper) -> list[dict[str, Any]]:
    hours = _("%(city)s time") % {"city": zone_city(paper.zone)}
    training = {"title": _("Training, online"), "lines": [days_text(paper.starts_on, paper.ends_on), hours]}
    done = _("done %(day)s")
    return [training] + [
        {"title": one.name, "lines": [done % {"day": days_text(one.done_on, one.done_on)}]} for one in paper.exercises
    ]


def language(name: str, *, country: str) -> str:
    """Which forms of characters a name is drawn with: by its own script, and by the country where Han characters alone do not say it."""
    names = {unicodedata.name(sign, "").split(" ")[0] for sign in name}
    if names & {"HIRAGANA", "KATAKANA"} or (country in _JAPANESE and "CJK" in names):
        return "ja"
    if "HANGUL" in names or (country in _KOREAN and "CJK" in names):
        return "ko"
    if "CJK" in names:
        return "zh-Hant" if country in _TRADITIONAL else "zh-Hans"
    scripts = {"ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi", "GREEK": "el", "CYRILLIC": "ru"}
    return next((tag for script, tag in scripts.items() if script in names), "en")


def first_size(name: str) -> int:
    """The index in SIZES to try first: by an estimate of the name's width. Only the layout knows, and has the last word."""
    whole = sum(map(_ems, name))
    longest = max((sum(map(_ems, word)) for word in name.split()), default=0)
    for index, size in enumerate(SIZES):
        lines = 1 if size >= 28 else 2 if size >= 20 else 4
        if whole * size <= LINE * lines * (0.93 if lines == 1 else 0.85) and (longest * size <= LINE or size <= 20):
            return index
    return len(SIZES) - 1


def _ems(sign: str) -> float:
    if unicodedata.combining(sign) or unicodedata.category(sign) in {"Mn", "Cf"}:
        return 0
    if unicodedata.east_asian_width(sign) in {"W", "F"}:
        return 1
    if sign in "ilj.,'’ Iftr-":
        return 0.33
    return 0.8 if sign in "mwMW" else 0.7 if sign.isupper() else 0.53
