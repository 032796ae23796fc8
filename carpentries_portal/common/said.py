"""How dates, zones and rules are said on a page and in a letter, from plain values: the tags of templatetags/portal.py give them.

Each is kept for the same values: a page names one day, or one training's hours, many times.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import CutOff, Hours, day_text, zone_city
from carpentries_portal.common.handbook import RULES

Params = ParamSpec("Params")
Text = TypeVar("Text", bound=str)


def kept(function: Callable[Params, Text]) -> Callable[Params, Text]:
    """Says the same again for the same: a page names one day, or one training's hours, many times. For each language."""

    @lru_cache(maxsize=2000)
    def say(language: str, *args: Params.args, **kwargs: Params.kwargs) -> Text:
        return function(*args, **kwargs)

    @wraps(function)
    def kept(*args: Params.args, **kwargs: Params.kwargs) -> Text:
        return say(get_language() or "", *args, **kwargs)  # type: ignore[arg-type]  # plain values

    return kept


@kept
def zone_words(zone: str) -> str:
    """UTC, or "Chicago time"."""
    return "UTC" if zone == "UTC" else _("%(city)s time") % {"city": zone_city(zone)}


def clock(at: datetime) -> str:
    """9:00."""
    return f"{at.hour}:{at.minute:02}"


@kept
def far(days: int) -> str:
    """in 8 days · today · 3 days ago."""
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    return ngettext("%(n)d day ago", "%(n)d days ago", -days) % {"n": -days}


def reader_end(c: CutOff, zone: str) -> datetime | None:
    """When the day is over for the reader, if their clock differs from the zone's then: its last minute."""
    end = c.ends_at
    here, there = end.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(c.zone))
    if here.utcoffset() == there.utcoffset():
        return None
    return datetime.fromtimestamp(end.timestamp() - 60, tz=ZoneInfo(zone))


@kept
def cut_off(c: CutOff, days_left: int, zone: str) -> SafeString:
    """Its day in its zone, how far off, and the line of a reader in `zone` where their clock differs."""
    main = format_html(
        '<span class="when"><time datetime="{}">{}</time>, {} <span class="far">({})</span>',
        c.on.isoformat(),
        day_text(c.on),
        _("end of day %(zone)s") % {"zone": zone_words(c.zone)},
        far(days_left),
    )
    ends = reader_end(c, zone)
    if ends is None:
        return format_html("{}</span>", main)
    words = _("for you until %(day)s, %(clock)s") % {"day": day_text(ends.date()), "clock": clock(ends)}
    return format_html('{}<span class="yours">{} ({})</span></span>', main, words, zone_words(zone))


def beside(days: int) -> str:
    """On which day that is for the reader, where it is another: days between the event's and theirs."""
    if days == 0:
        return ""
    return _("the day before") if days < 0 else _("the next day")


@kept
def hours(h: Hours, zone: str) -> SafeString:
    """The day and its hours, and the line of a reader in `zone` where their clock differs."""
    there = h.in_zone(h.zone)
    main = format_html(
        '<span class="when"><time datetime="{}">{}</time>, <span class="nb">{}–{}</span> {}',
        h.starts_at.isoformat(),
        day_text(h.on),
        clock(there.starts),
        clock(there.ends),
        zone_words(h.zone),
    )
    here = h.in_zone(zone)
    if here.starts.utcoffset() == there.starts.utcoffset():
        return format_html("{}</span>", main)
    shift = (
        format_html(
            ' <span class="shift">{}</span>',
            _("from %(day)s, %(shift)s") % {"day": day_text(here.starts.date()), "shift": beside(here.shift)},
        )
        if here.shift
        else ""
    )
    yours = _("for you")
    return format_html(
        '{}<span class="yours">{} <span class="nb">{}–{}</span> {}{}</span></span>',
        main,
        yours,
        clock(here.starts),
        clock(here.ends),
        zone_words(zone),
        shift,
    )


@kept
def reader_hours(h: Hours, zone: str) -> SafeString:
    """The same without the day."""
    there, here = h.in_zone(h.zone), h.in_zone(zone)
    words = _("%(from)s–%(to)s %(zone)s")
    main = words % {"from": clock(there.starts), "to": clock(there.ends), "zone": zone_words(h.zone)}
    if here.starts.utcoffset() == there.starts.utcoffset():
        return format_html("{}", main)
    shift = format_html(' <span class="shift">{}</span>', beside(here.shift)) if here.shift else ""
    yours = _("for you %(from)s–%(to)s") % {"from": clock(here.starts), "to": clock(here.ends)}
    return format_html('{}<span class="yours">{}{}</span>', main, yours, shift)


@lru_cache(maxsize=2000)
def suits(h: Hours, zone: str, earliest: time, latest: time) -> bool:
    """R9: whether the hours lie within the day of a reader in `zone`."""
    return h.in_zone(zone).within(earliest, latest)


@kept
def moment(at: datetime, zone: str, reader_zone: str) -> SafeString:
    """An instant in a zone, and in the reader's where their clock differs."""
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(reader_zone))
    said = (at.isoformat(), day_text(there.date()), clock(there), zone_words(zone))
    main = format_html('<span class="when"><time datetime="{}">{}, {}</time> {}', *said)
    if here.utcoffset() == there.utcoffset():
        return format_html("{}</span>", main)
    yours = _("for you %(day)s, %(clock)s") % {"day": day_text(here.date()), "clock": clock(here)}
    return format_html('{}<span class="yours">{} ({})</span></span>', main, yours, zone_words(reader_zone))


@kept
def rule(code: str, base: str) -> SafeString:
    """A link to the rule on /partners/; `base` is the site of a letter, or empty."""
    title = str(RULES.get(code, ""))
    return format_html(
        '<a class="rule" href="{}{}#rule-{}" title="{}">{} {}</a>', base, reverse("partners"), code, title, _("rule"), code
    )


@lru_cache(maxsize=2000)
def day(iso: str, text: str) -> SafeString:
    """By its texts: a date and an instant that are equal may be different days."""
    return format_html('<time datetime="{}">{}</time>', iso, text)


@lru_cache(maxsize=200)
def icon(name: str) -> SafeString:
    """One of static/img/icons.svg."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name)


STATE_ICONS = {"good": "check-circle", "bad": "x-circle", "warn": "exclamation-triangle", "now": "circle-half", "": "dash-circle"}


@lru_cache(maxsize=200)
def stands(word: str, tone: str) -> SafeString:
    """A state in its tone's colour, with its icon."""
    return format_html('<span class="{}">{} {}</span>', f"state {tone}".strip(), icon(STATE_ICONS[tone]), word)
