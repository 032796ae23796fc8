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
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from carpentries_portal.common import said
from carpentries_portal.common.boxes import box
from carpentries_portal.common.dates import CutOff, Hours, day_text, today_in
from carpentries_portal.common.handbook import Edition, Verdict

register = template.Library()
register.simple_block_tag(box)
Context = dict[str, Any]


def _now(context: Context) -> datetime:
    given = context.get("now")
    return given if isinstance(given, datetime) else context["request"].now


def _zone(context: Context) -> str:
    given = context.get("reader_zone")
    return str(given if given else context["request"].reader_zone)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: words stand beside it."""
    return said.icon(name)


@register.simple_tag
def day(on: date) -> SafeString:
    return said.day(on.isoformat(), day_text(on))


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
        return said.far(when.days_left(_now(context)))
    return said.far((when - today_in(_zone(context), _now(context))).days)


@register.simple_tag(takes_context=True)
def cut_off(context: Context, c: CutOff) -> SafeString:
    return said.cut_off(c, c.days_left(_now(context)), _zone(context))


@register.simple_tag(takes_context=True)
def cut_off_text(context: Context, c: CutOff) -> str:
    text = _("%(day)s, end of day %(zone)s (%(far)s)") % {
        "day": day_text(c.on),
        "zone": said.zone_words(c.zone),
        "far": said.far(c.days_left(_now(context))),
    }
    ends = said.reader_end(c, _zone(context))
    if ends is None:
        return text
    yours = _("for you until %(day)s, %(clock)s %(zone)s")
    return text + "; " + yours % {"day": day_text(ends.date()), "clock": said.clock(ends), "zone": said.zone_words(_zone(context))}


@register.simple_tag(takes_context=True)
def hours(context: Context, h: Hours) -> SafeString:
    return said.hours(h, _zone(context))


@register.simple_tag(takes_context=True)
def reader_hours(context: Context, h: Hours) -> SafeString:
    """Where a day's cell names the day already: the hours there, and the reader's where they differ."""
    return said.reader_hours(h, _zone(context))


@register.simple_tag(takes_context=True)
def at_odd_hours(context: Context, days: Iterable[Hours], edition: Edition) -> bool:
    """R9: whether some day's hours lie outside the reader's day (7:00-20:00)."""
    zone = _zone(context)
    return not all(said.suits(h, zone, edition.earliest_hour, edition.latest_hour) for h in days)


@register.simple_tag(takes_context=True)
def hours_text(context: Context, h: Hours) -> str:
    there, zone = h.in_zone(h.zone), _zone(context)
    text = f"{day_text(h.on)}, {said.clock(there.starts)}-{said.clock(there.ends)} {said.zone_words(h.zone)}"
    here = h.in_zone(zone)
    if here.starts.utcoffset() == there.starts.utcoffset():
        return text
    yours = _("for you %(from)s-%(to)s %(zone)s") % {
        "from": said.clock(here.starts),
        "to": said.clock(here.ends),
        "zone": said.zone_words(zone),
    }
    if here.shift:
        yours += ", " + _("from %(day)s, %(shift)s") % {"day": day_text(here.starts.date()), "shift": said.beside(here.shift)}
    return f"{text}; {yours}"


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, zone: str) -> SafeString:
    return said.moment(at, zone, _zone(context))


@register.simple_tag(takes_context=True)
def moment_text(context: Context, at: datetime, zone: str) -> str:
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(_zone(context)))
    words = f"{day_text(there.date())}, {said.clock(there)} {said.zone_words(zone)}"
    if here.utcoffset() == there.utcoffset():
        return words
    yours = _("for you %(day)s, %(clock)s") % {"day": day_text(here.date()), "clock": said.clock(here)}
    return f"{words}; {yours} ({said.zone_words(_zone(context))})"


@register.simple_tag(takes_context=True)
def rule(context: Context, code: str) -> SafeString:
    """A link to the rule on /partners/; whole in a letter."""
    return said.rule(code, settings.SITE_URL if "request" not in context else "")


@register.inclusion_tag("components/verdict.html", takes_context=True)
def verdict(context: Context, v: Verdict) -> Context:
    return {"verdict": v, "now": _now(context), "reader_zone": _zone(context), "request": context.get("request")}


@register.simple_tag
def state_tag(state: Any) -> SafeString:
    """The component state_tag. Kept by its words: a list of five hundred people has five states."""
    return _state_tag(str(state.word), str(state.tone))


@lru_cache(maxsize=500)
def _state_tag(word: str, tone: str) -> SafeString:
    context = {"state": {"word": word, "tone": tone}, "icon_name": said.STATE_ICONS[tone]}
    return mark_safe(render_to_string("components/state_tag.html", context).strip())


@register.simple_tag
def stands(state: tuple[str, str]) -> SafeString:
    """A state of a list's row: its word and tone, without the tag's frame."""
    return said.stands(*state)


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
