"""Dates in two zones, rules, verdicts, icons: the tags that pages and letters share.

In a page the instant and the reader's zone come from the request; in a letter from the context's `now` and `reader_zone`.

    {% icon "check-circle" %}          an icon of static/img/icons.svg
    {% day date %}                     <time>Mon 12 Feb 2018</time>
    {% day_of instant %}               the same, of an instant, in the reader's zone
    {% far cut_off_or_date %}          in 8 days · today · 3 days ago
    {% cut_off c %}                    Thu 22 Mar 2018, end of day Chicago time (in 8 days), and the reader's line where it differs
    {% hours h %}                      Mon 12 Mar 2018, 9:00–17:00 Chicago time, and the reader's line
    {% reader_hours h %}               9:00–17:00 Chicago time, and the reader's line, for a cell that names the day
    {% at_odd_hours days edition as odd %}  whether some day lies outside 7:00-20:00 for the reader
    {% moment instant zone %}          an instant in a zone, and the reader's where it differs
    {% rule "R6" %}                    a link to /partners/#rule-R6
    {% verdict v %}  {% state_tag s %}  {% box "refused" %}…{% endbox %}  the components
    cut_off_text, hours_text, moment_text   the same for letters as text

Components, each with its variables in its first line; together on the page of pages/views_components.py:

    {% include "components/next_step.html" with step=step %}              pages.queries.NextStep
    {% include "components/timeline.html" with dates=dates %}             trainings.timeline.Milestone
    {% include "components/seat_meter.html" with meter=meter %}           memberships.queries.SeatMeter
    {% include "components/people_table.html" with people=rows caption=words pick="person" %}
    {% include "components/empty_state.html" with title=t text=t url=u button=t %}
    {% include "components/form_errors.html" with form=form %}{% for field in form %}{% include "components/field.html" with field=field %}{% endfor %}
    {% extends "components/plain_page.html" %}                            a page without request and database (400, 500)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.boxes import box
from carpentries_portal.common.dates import CutOff, Hours, day_text, today_in, zone_city
from carpentries_portal.common.handbook import RULES, Edition, Verdict

register = template.Library()
register.simple_block_tag(box)
Context = dict[str, Any]


def _now(context: Context) -> datetime:
    given = context.get("now")
    return given if isinstance(given, datetime) else context["request"].now


def _zone(context: Context) -> str:
    given = context.get("reader_zone")
    return str(given if given else context["request"].reader_zone)


def _zone_words(zone: str) -> str:
    return "UTC" if zone == "UTC" else _("%(city)s time") % {"city": zone_city(zone)}


def _clock(at: datetime) -> str:
    return f"{at.hour}:{at.minute:02}"


def _far(days: int) -> str:
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    return ngettext("%(n)d day ago", "%(n)d days ago", -days) % {"n": -days}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: words stand beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name)


@register.simple_tag
def day(on: date) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), day_text(on))


@register.simple_tag(name="day_text")
def day_in_text(on: date) -> str:
    """For letters, which hold no elements."""
    return day_text(on)


@register.simple_tag(takes_context=True)
def day_of(context: Context, at: datetime) -> SafeString:
    return day(today_in(_zone(context), at))


@register.simple_tag(takes_context=True)
def far(context: Context, when: CutOff | date) -> str:
    if isinstance(when, CutOff):
        return _far(when.days_left(_now(context)))
    return _far((when - today_in(_zone(context), _now(context))).days)


def _reader_end(c: CutOff, zone: str) -> datetime | None:
    """When the day is over for the reader, if their clock differs from the zone's then: its last minute."""
    end = c.ends_at
    here, there = end.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(c.zone))
    if here.utcoffset() == there.utcoffset():
        return None
    return datetime.fromtimestamp(end.timestamp() - 60, tz=ZoneInfo(zone))


@register.simple_tag(takes_context=True)
def cut_off(context: Context, c: CutOff) -> SafeString:
    main = format_html(
        '<span class="when"><time datetime="{}">{}</time>, {} <span class="far">({})</span>',
        c.on.isoformat(),
        day_text(c.on),
        _("end of day %(zone)s") % {"zone": _zone_words(c.zone)},
        _far(c.days_left(_now(context))),
    )
    ends = _reader_end(c, _zone(context))
    if ends is None:
        return format_html("{}</span>", main)
    words = _("for you until %(day)s, %(clock)s") % {"day": day_text(ends.date()), "clock": _clock(ends)}
    return format_html('{}<span class="yours">{} ({})</span></span>', main, words, _zone_words(_zone(context)))


@register.simple_tag(takes_context=True)
def cut_off_text(context: Context, c: CutOff) -> str:
    text = _("%(day)s, end of day %(zone)s (%(far)s)") % {
        "day": day_text(c.on),
        "zone": _zone_words(c.zone),
        "far": _far(c.days_left(_now(context))),
    }
    ends = _reader_end(c, _zone(context))
    if ends is None:
        return text
    yours = _("for you until %(day)s, %(clock)s %(zone)s")
    return text + "; " + yours % {"day": day_text(ends.date()), "clock": _clock(ends), "zone": _zone_words(_zone(context))}


def _shift(shift: int) -> str:
    if shift == 0:
        return ""
    return _("the day before") if shift < 0 else _("the next day")


@register.simple_tag(takes_context=True)
def hours(context: Context, h: Hours) -> SafeString:
    there = h.in_zone(h.zone)
    main = format_html(
        '<span class="when"><time datetime="{}">{}</time>, <span class="nb">{}–{}</span> {}',
        h.starts_at.isoformat(),
        day_text(h.on),
        _clock(there.starts),
        _clock(there.ends),
        _zone_words(h.zone),
    )
    zone = _zone(context)
    here = h.in_zone(zone)
    if here.starts.utcoffset() == there.starts.utcoffset():
        return format_html("{}</span>", main)
    shift = (
        format_html(
            ' <span class="shift">{}</span>',
            _("from %(day)s, %(shift)s") % {"day": day_text(here.starts.date()), "shift": _shift(here.shift)},
        )
        if here.shift
        else ""
    )
    yours = _("for you")
    return format_html(
        '{}<span class="yours">{} <span class="nb">{}–{}</span> {}{}</span></span>',
        main,
        yours,
        _clock(here.starts),
        _clock(here.ends),
        _zone_words(zone),
        shift,
    )


@register.simple_tag(takes_context=True)
def reader_hours(context: Context, h: Hours) -> SafeString:
    """Where a day's cell names the day already: the hours there, and the reader's where they differ."""
    there, zone = h.in_zone(h.zone), _zone(context)
    here = h.in_zone(zone)
    words = _("%(from)s–%(to)s %(zone)s")
    main = words % {"from": _clock(there.starts), "to": _clock(there.ends), "zone": _zone_words(h.zone)}
    if here.starts.utcoffset() == there.starts.utcoffset():
        return format_html("{}", main)
    shift = format_html(' <span class="shift">{}</span>', _shift(here.shift)) if here.shift else ""
    yours = _("for you %(from)s–%(to)s") % {"from": _clock(here.starts), "to": _clock(here.ends)}
    return format_html('{}<span class="yours">{}{}</span>', main, yours, shift)


@register.simple_tag(takes_context=True)
def at_odd_hours(context: Context, days: Iterable[Hours], edition: Edition) -> bool:
    """R9: whether some day's hours lie outside the reader's day (7:00-20:00)."""
    zone = _zone(context)
    return not all(h.in_zone(zone).within(edition.earliest_hour, edition.latest_hour) for h in days)


@register.simple_tag(takes_context=True)
def hours_text(context: Context, h: Hours) -> str:
    there, zone = h.in_zone(h.zone), _zone(context)
    text = f"{day_text(h.on)}, {_clock(there.starts)}-{_clock(there.ends)} {_zone_words(h.zone)}"
    here = h.in_zone(zone)
    if here.starts.utcoffset() == there.starts.utcoffset():
        return text
    yours = _("for you %(from)s-%(to)s %(zone)s") % {
        "from": _clock(here.starts),
        "to": _clock(here.ends),
        "zone": _zone_words(zone),
    }
    if here.shift:
        yours += ", " + _("from %(day)s, %(shift)s") % {"day": day_text(here.starts.date()), "shift": _shift(here.shift)}
    return f"{text}; {yours}"


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, zone: str) -> SafeString:
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(_zone(context)))
    said = (at.isoformat(), day_text(there.date()), _clock(there), _zone_words(zone))
    main = format_html('<span class="when"><time datetime="{}">{}, {}</time> {}', *said)
    if here.utcoffset() == there.utcoffset():
        return format_html("{}</span>", main)
    yours = _("for you %(day)s, %(clock)s") % {"day": day_text(here.date()), "clock": _clock(here)}
    return format_html('{}<span class="yours">{} ({})</span></span>', main, yours, _zone_words(_zone(context)))


@register.simple_tag(takes_context=True)
def moment_text(context: Context, at: datetime, zone: str) -> str:
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(_zone(context)))
    words = f"{day_text(there.date())}, {_clock(there)} {_zone_words(zone)}"
    if here.utcoffset() == there.utcoffset():
        return words
    yours = _("for you %(day)s, %(clock)s") % {"day": day_text(here.date()), "clock": _clock(here)}
    return f"{words}; {yours} ({_zone_words(_zone(context))})"


@register.simple_tag(takes_context=True)
def rule(context: Context, code: str) -> SafeString:
    """A link to the rule on /partners/; whole in a letter."""
    base = settings.SITE_URL if "request" not in context else ""
    title = str(RULES.get(code, ""))
    return format_html(
        '<a class="rule" href="{}{}#rule-{}" title="{}">{} {}</a>', base, reverse("partners"), code, title, _("rule"), code
    )


@register.inclusion_tag("components/verdict.html", takes_context=True)
def verdict(context: Context, v: Verdict) -> Context:
    return {"verdict": v, "now": _now(context), "reader_zone": _zone(context), "request": context.get("request")}


STATE_ICONS = {"good": "check-circle", "bad": "x-circle", "warn": "exclamation-triangle", "now": "circle-half", "": "dash-circle"}


@register.simple_tag
def state_tag(state: Any) -> SafeString:
    """The component state_tag. Kept by its words: a list of five hundred people has five states."""
    return _state_tag(str(state.word), str(state.tone))


@lru_cache(maxsize=500)
def _state_tag(word: str, tone: str) -> SafeString:
    context = {"state": {"word": word, "tone": tone}, "icon_name": STATE_ICONS[tone]}
    return mark_safe(render_to_string("components/state_tag.html", context).strip())


@register.filter
def boxes(count: int) -> range:
    """As many boxes as there are seats."""
    return range(max(int(count), 0))


@register.filter
def with_class(field: Any) -> SafeString:
    """A form field's widget with the portal's classes, and what describes it for who does not see."""
    widget = field.field.widget
    kind = "form-select" if widget.__class__.__name__.startswith(("Select", "ModelSelect")) else "form-control"
    described = [f"{field.id_for_label}-hint"] if field.help_text else []
    attrs = {"class": kind + (" is-bad" if field.errors else "")}
    if field.errors:
        described.append(f"{field.id_for_label}-error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)
