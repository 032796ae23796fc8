"""What trainings bind to editions: each the one in force on the day it was announced."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.editions import BINDINGS, Binding
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord
from trainings.models import Training


def _bound(record: EditionRecord) -> int:
    return Training.objects.filter(edition=record.pk).count()


def _foreseen(edition: Edition) -> list[str]:
    """Those announced from its day on are bound to it; those announced before keep what they have, with their dates."""
    day = day_text(edition.in_force_from)
    lines = [_("Trainings announced from %(day)s on are bound to it, with their agenda and all their cut-offs.") % {"day": day}]
    to_come = Training.objects.scheduled().filter(starts_on__gte=edition.in_force_from)
    for name, count in to_come.order_by("edition__name").values_list("edition__name").annotate(n=Count("pk")):
        text = ngettext(
            "%(n)d training from then on is announced already: it keeps “%(name)s”.",
            "%(n)d trainings from then on are announced already: they keep “%(name)s”.",
            count,
        )
        lines.append(text % {"n": count, "name": name})
    return lines


def register() -> None:
    """Called when the app is ready."""
    BINDINGS.add("trainings", Binding(title=gettext_lazy("Trainings"), bound=_bound, foreseen=_foreseen))
