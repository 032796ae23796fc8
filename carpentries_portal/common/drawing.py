"""A plot as SVG that stands in a page under our policy: pygal draws, our style sheet colours; no script and no style in it."""

from __future__ import annotations

import math
import sys
from typing import Any

import pygal
from django.utils.safestring import SafeString, mark_safe
from pygal.style import Style

from carpentries_portal.common.figures import Kind, Plot

# pygal leaves a finder of modules behind, for maps that are not here; its form is an old one, about which Python would warn at each import to come
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDE, NARROW = (720, 320), (300, 270)
"""Widths and heights in the units of the drawing: about pixels, so that the writing is as large as the page's."""
LETTERS = Style(label_font_size=13, major_label_font_size=13)
"""What pygal leaves room for; the look is in admin.css (`.plot`)."""
TAKEN_OUT = {"style", "script", "desc", "title", "defs"}
GROUNDS = {"background", "titles", "plot tooltip-overlay"}
CHARTS = {Kind.BARS: pygal.StackedBar, Kind.LINES: pygal.Line}
STEPS = 5


def draw(plot: Plot, *, wide: bool) -> SafeString:
    """The drawing, for a wide place or a narrow one."""
    width, height = WIDE if wide else NARROW
    top = 100 if plot.percent else plot.top or _largest(plot)
    steps = ticks(top)
    chart = CHARTS[plot.kind](
        width=width,
        height=height,
        margin=4,
        margin_right=18,  # half of the last label
        style=LETTERS,
        js=(),
        css=(),
        show_legend=False,
        truncate_label=-1,  # as they are: where many stand close, `every` leaves some out
        dots_size=2.5,
        disable_xml_declaration=True,
        x_labels=list(plot.labels),
        x_labels_major_every=plot.every,
        show_minor_x_labels=plot.every == 1,
        y_labels=steps,
        range=(0, steps[-1]),
        value_formatter=(lambda value: f"{value:g} %") if plot.percent else (lambda value: f"{value:g}"),
    )
    for one in plot.series:
        chart.add(one.label, list(one.values))
    chart.add_xml_filter(lambda root: _ours(root, plot))
    # what is written in it are labels, which the library escapes
    return mark_safe(str(chart.render()))


def ticks(top: float) -> list[int]:
    """Round numbers from 0 to the first that is not below `top`; a handful."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * STEPS >= top:
                return list(range(0, max(math.ceil(top / step), 1) * step + 1, step))
        size *= 10


def _largest(plot: Plot) -> float:
    columns = zip(*(one.values for one in plot.series), strict=True)
    return max((sum(value or 0 for value in column) for column in columns), default=0)


def _ours(root: Any, plot: Plot) -> Any:
    """pygal's document without what our policy forbids or the page has already; with a name for who does not see it."""
    for parent in list(root.iter()):
        for node in list(parent):
            if not isinstance(node.tag, str) or node.tag in TAKEN_OUT or node.get("class") in GROUNDS:
                parent.remove(node)
    for node in root.iter():
        for name in ("id", "style"):
            node.attrib.pop(name, None)
        words = node.get("class", "").split()
        tones = [plot.series[int(word[6:])].tone for word in words if word.startswith("color-")]
        if tones:
            node.set("class", " ".join([*words, *(f"tone-{tone}" for tone in tones)]))
    root.set("role", "img")
    root.set("aria-label", plot.about)
    return root
