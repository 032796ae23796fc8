"""What memberships bind to editions: each the one in force at its start (R1, R5, R10), when it is created."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.editions import BINDINGS, Binding
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord
from memberships.models import Membership

SHOWN = 20


def _bound(record: EditionRecord) -> int:
    return Membership.objects.filter(edition=record.pk).count()


def _foreseen(edition: Edition) -> list[str]:
    """Those to come are bound to it; those that are created already and start later stay with what they have, and are named."""
    day = day_text(edition.in_force_from)
    lines = [_("Memberships that start from %(day)s on, and are created from now on, are bound to it.") % {"day": day}]
    rows = Membership.objects.filter(starts_on__gte=edition.in_force_from).select_related("organization", "edition")
    count = rows.count()
    if count:
        text = ngettext(
            "%(n)d membership that starts from then on is created already: it keeps its edition.",
            "%(n)d memberships that start from then on are created already: they keep their edition.",
            count,
        )
        lines.append(text % {"n": count})
        lines += [f"{row}: “{row.edition}”" for row in rows.order_by("starts_on", "pk")[:SHOWN]]
    if count > SHOWN:
        lines.append(_("… and %(n)d more.") % {"n": count - SHOWN})
    return lines


def register() -> None:
    """Called when the app is ready."""
    BINDINGS.add("memberships", Binding(title=gettext_lazy("Memberships"), bound=_bound, foreseen=_foreseen))
