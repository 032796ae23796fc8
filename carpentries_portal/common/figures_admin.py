"""Staff's page of figures: each plot with the table of its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from carpentries_portal.common.drawing import draw
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
    """A figure and its drawings."""

    figure: Figure
    drawn: list[Drawn]


def seen_by(person: Person) -> list[FigureKind]:
    """The figures whose rows a person sees."""
    return [kind for kind in FIGURES if person.has_perm(kind.permission)]


def figures_page(request: HttpRequest) -> HttpResponse:
    seen, now = seen_by(person_of(request)), now_of(request)
    if not seen:
        raise PermissionDenied
    figures = [kind.make(now) for kind in seen]
    shown = [Shown(figure, [_drawn(plot, alone=len(figure.plots) == 1) for plot in figure.plots]) for figure in figures]
    return render(request, "admin/portal/figures.html", frame(request, _("How it goes, in figures"), shown=shown))


def _drawn(plot: Plot, *, alone: bool) -> Drawn:
    return Drawn(plot, draw(plot, wide=True) if alone else None, draw(plot, wide=False))
