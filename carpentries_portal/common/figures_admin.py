"""Staff's page of figures: each plot with the table of its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from carpentries_portal.common.drawing import draw
from carpentries_portal.common.exporting import file_links, record_export, table_answer
from carpentries_portal.common.figures import FIGURES, Figure, FigureKind, Plot
from carpentries_portal.common.models import Person
from carpentries_portal.common.night_frame import frame
from carpentries_portal.common.requests import now_of, person_of


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot as it stands in the page. One that stands alone is drawn for wide pages and for phones; several are small."""

    plot: Plot
    wide: SafeString | None
    narrow: SafeString


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure, its drawings, and its table as files."""

    figure: Figure
    files: list[tuple[str, str]]
    drawn: list[Drawn]


def seen_by(person: Person) -> dict[str, FigureKind]:
    """The figures whose rows a person sees, by name."""
    known = {name: FIGURES.get(name) for name in FIGURES.names()}
    return {name: kind for name, kind in known.items() if kind is not None and person.has_perm(kind.permission)}


def figures_page(request: HttpRequest) -> HttpResponse:
    seen, now = seen_by(person_of(request)), now_of(request)
    if not seen:
        raise PermissionDenied
    shown = [_shown(request, name, kind.make(now)) for name, kind in seen.items()]
    return render(request, "admin/portal/figures.html", frame(request, _("How it goes, in figures"), shown=shown))


def _shown(request: HttpRequest, name: str, figure: Figure) -> Shown:
    drawn = [_drawn(plot, alone=len(figure.plots) == 1) for plot in figure.plots]
    return Shown(figure, file_links(request, "admin:figure", name), drawn)


@require_GET
def figure_file(request: HttpRequest, name: str, kind: str) -> HttpResponseBase:
    """The table of a figure as a file ("csv", "xlsx"); the journal keeps who took it out."""
    if name not in FIGURES.names():
        raise Http404
    told = seen_by(person_of(request)).get(name)
    if told is None:
        raise PermissionDenied
    now = now_of(request)
    table, title = told.make(now).table, _("Figures %(name)s") % {"name": name}
    rows = [(capfirst(name), *cells) for name, *cells in table.rows]
    record_export(title=title, kind=kind, rows=len(rows), narrowed_by=[], by=person_of(request), now=now)
    return table_answer(kind, [capfirst(one) for one in table.header], rows, title=title, now=now)


def _drawn(plot: Plot, *, alone: bool) -> Drawn:
    return Drawn(plot, draw(plot, wide=True) if alone else None, draw(plot, wide=False))
