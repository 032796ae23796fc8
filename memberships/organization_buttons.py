"""The button that corrects an organization, and what it says follows: whose last day ends at another instant, and what stays."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.buttons import Button
from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.said import zone_words
from memberships import actions, queries
from memberships.admin_forms import CorrectOrganizationForm
from memberships.models import Membership, Organization

SHOWN = 20
"""An organization has a few memberships that go on; a list of more would not be read."""

Values = dict[str, Any]


def _correct(request: HttpRequest, row: Organization, values: Values) -> Organization:
    return actions.correct_organization(organization=row, **values, by=person_of(request), now=now_of(request))


def _before(request: HttpRequest, row: Organization) -> list[str]:
    stands = _("%(name)s, %(zone)s.") % {"name": row.name, "zone": zone_words(row.zone)}
    return [f"{stands} {row.zone_note}".strip(), _("The journal keeps the old and the new, with your name and the reason.")]


def _follows(request: HttpRequest, row: Organization, values: Values, result: Organization) -> list[str]:
    """`row` is the organization as it was, `result` as it would be."""
    lines = []
    if row.name != result.name:
        lines.append(_("Its name is “%(new)s”, no longer “%(old)s”.") % {"new": result.name, "old": row.name})
        if row.name_key != result.name_key:
            lines.append(_("“%(old)s” stays as another name of it: files that write it so still find it.") % {"old": row.name})
    if row.zone != result.zone:
        lines += _shifts(request, row, result)
    return lines


def _shifts(request: HttpRequest, row: Organization, result: Organization) -> list[str]:
    text = _("Its days are counted in %(new)s, no longer in %(old)s; also those of its timelines of before.")
    lines = [text % {"new": zone_words(result.zone), "old": zone_words(row.zone)}]
    memberships = queries.memberships_at(row.pk)
    lately = now_of(request).date() - timedelta(days=2)  # by then the day is over in every zone
    near = [one for one in memberships if one.last_on > lately]
    lines += [_shift(request, one, row.zone, result.zone) for one in near[:SHOWN]]
    if (more := len(near) - SHOWN) > 0:
        lines.append(ngettext("%(n)d more membership likewise.", "%(n)d more memberships likewise.", more) % {"n": more})
    if not near:
        lines.append(_("No membership of it goes on or is to come: no last day shifts."))
    lines.append(_("Seats that a year’s end took stay forfeited, and exceptions end when they did."))
    lines.append(
        _("Trainings and bookings keep their own zones: sign-up, lists, hours and the dates of exercises stay as they are.")
    )
    return lines


def _shift(request: HttpRequest, one: Membership, old: str, new: str) -> str:
    last, now = one.last_on, now_of(request)
    before, after = CutOff(on=last, zone=old), CutOff(on=last, zone=new)
    names = {
        "level": one.get_level_display(),
        "n": one.pk,
        "day": day_text(last),
        "old": _instant(before),
        "new": _instant(after),
    }
    if before.ends_at == after.ends_at:
        return _("Number %(n)d (%(level)s): its last day, %(day)s, still ends at %(new)s.") % names
    line = _("Number %(n)d (%(level)s): its last day, %(day)s, ends at %(new)s, no longer at %(old)s.") % names
    if before.passed(now) and not after.passed(now):
        return f"{line} {_('So it has not ended yet; what the run took already stays taken.')}"
    if after.passed(now) and not before.passed(now):
        return f"{line} {_('So it has ended: the next run forfeits the seats that are left (R12).')}"
    return line


def _instant(cut_off: CutOff) -> str:
    """With its zone: "Tue 1 Jan 2019, 05:00 UTC (New York time)"."""
    at = cut_off.ends_at.astimezone(UTC)
    zone = "" if cut_off.zone == "UTC" else f" ({zone_words(cut_off.zone)})"
    return f"{day_text(at.date())}, {at:%H:%M} UTC{zone}"


CORRECT = Button(
    "correct",
    gettext_lazy("Correct…"),
    form=CorrectOrganizationForm,
    run=_correct,
    consequence=_before,
    initial=lambda request, row: {"name": row.name, "zone": row.zone},
    form_about=lambda row: {"zone": row.zone},
    consequence_of=_follows,
)
