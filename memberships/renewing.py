"""Renewing a membership in admin: the next year, prefilled, and what it makes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.buttons import Button
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.requests import now_of, person_of
from memberships import actions, policy, queries
from memberships.admin_forms import RenewForm
from memberships.emails import welcome_due_at
from memberships.models import Membership

Values = dict[str, Any]


def _next_year(request: HttpRequest, row: Membership) -> Values:
    starts_on, ends_on = policy.next_term(starts_on=row.starts_on, ends_on=row.ends_on, last_on=row.last_on)
    return {"level": row.level, "starts_on": starts_on, "ends_on": ends_on, "contract_seats": row.contract_seats}


def _renew(request: HttpRequest, row: Membership, values: Values) -> Membership:
    return actions.create_membership(organization=row.organization, **values, by=person_of(request), now=now_of(request))


def _renewed(request: HttpRequest, row: Membership, values: Values, result: Membership) -> list[str]:
    made = Membership.objects.select_related("organization", "edition").get(pk=result.pk)
    edition = _("It is bound to edition %(name)s, in force at its start (from %(day)s).")
    lines = [
        _("A new membership: %(row)s.") % {"row": made},
        policy.seats_granted(edition=made.edition.edition(), level=made.level, contract_seats=made.contract_seats).sentence,
        edition % {"name": made.edition.name, "day": day_text(made.edition.in_force_from)},
        *warnings_of(made.organization_id, values, but=made.pk),
    ]
    names = [str(one.person) for one in queries.coordinators_of(row.organization_id)]
    if made.has_ended(now_of(request)) or not names:
        return [*lines, _("Nobody is welcomed.")]
    leaves = max(welcome_due_at(made), now_of(request)).date()
    return [*lines, _("The welcome (L1) leaves on %(day)s, to %(names)s.") % {"day": day_text(leaves), "names": ", ".join(names)}]


def warnings_of(organization_id: int, values: Values, *, but: int | None = None) -> list[str]:
    """What staff read before a membership is made: its end on the anniversary, years that overlap."""
    term = policy.end_date_warning(starts_on=values["starts_on"], ends_on=values["ends_on"])
    others = queries.overlaps(organization_id, starts_on=values["starts_on"], ends_on=values["ends_on"], but=but)
    return [verdict.sentence for verdict in (term, *others) if verdict.warned]


def _renewal(request: HttpRequest, row: Membership) -> list[str]:
    return [
        _("The year after %(row)s, as this one is written; change what the new contract changes.") % {"row": row},
        _("This membership stays as it is: its seats are not carried over (“Move seats” does that, with a reason)."),
    ]


RENEW = Button(
    "renew",
    gettext_lazy("Renew…"),
    form=RenewForm,
    run=_renew,
    consequence=_renewal,
    initial=_next_year,
    consequence_of=_renewed,
    leads_on=True,
)
