"""Dates that a team waits for: said, changed, withdrawn, met; and who is told when a training meets them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.dates import FIRST_YEAR, LAST_YEAR, days_text, is_zone
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from memberships.actions import lock_memberships
from memberships.models import Membership
from trainings import demand_emails, policy, queries
from trainings.models import Booking, Demand, DemandDates, Training
from trainings.policy import DemandFacts
from trainings.states import BookingState, DemandState

MOST_SPANS = 6
LONGEST_NOTE = 1000


class UnableToSayDemand(UnableTo):
    """A rule refuses it, or the membership has ended."""


class UnableToWithdrawDemand(UnableTo):
    """It ended already."""


def say_demand(*, membership_id: int, wanted: DemandFacts, note: str, by: Person, now: datetime) -> Demand:
    """Say which dates and hours would suit a membership's team, or change what was said. Raises UnableToSayDemand."""
    _check_shape(wanted)
    with transaction.atomic():
        (membership,) = lock_memberships([membership_id])
        if membership.has_ended(now):
            raise UnableToSayDemand(_("This membership has ended: no training can be booked from it."))
        verdicts = policy.check_demand(membership.facts(), wanted, now=now)
        if any(verdict.refused for verdict in verdicts):
            raise UnableToSayDemand.because(verdicts)
        demand = queries.open_demand(membership)
        old = _said(demand.facts()) if demand is not None else {}
        if demand is None:
            demand = Demand(membership=membership, asked_at=now, asked_by=by)
        demand.seats, demand.zone, demand.earliest, demand.latest = wanted.seats, wanted.zone, wanted.earliest, wanted.latest
        demand.note, demand.changed_at = note.strip()[:LONGEST_NOTE], now
        demand.save()
        demand.dates.all().delete()
        DemandDates.objects.bulk_create(DemandDates(demand=demand, first_on=first, last_on=last) for first, last in wanted.spans)
        what, why = ("demand_changed", _("Other dates suit.")) if old else ("demand_said", _("No training on the calendar suits."))
        _record(what, demand, membership, why=why, by=by, now=now, old=old, new=_said(wanted))
    return Demand.objects.with_all().get(pk=demand.pk)


def _check_shape(wanted: DemandFacts) -> None:
    """What a form would have said: for whoever calls without one."""
    if not wanted.spans or len(wanted.spans) > MOST_SPANS:
        raise UnableToSayDemand(_("Give 1 to %(n)d spans of dates.") % {"n": MOST_SPANS})
    for first, last in wanted.spans:
        if last < first:
            raise UnableToSayDemand(_("%(last)s comes before %(first)s.") % {"last": last, "first": first})
        if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
            raise UnableToSayDemand(_("Give days of the years %(a)d to %(b)d.") % {"a": FIRST_YEAR, "b": LAST_YEAR})
    if len({first for first, _last in wanted.spans}) < len(wanted.spans):
        raise UnableToSayDemand(_("Two spans begin on the same day: make them one."))
    if not is_zone(wanted.zone):
        raise UnableToSayDemand(_("“%(zone)s” is not a time zone.") % {"zone": wanted.zone[:60]})
    if wanted.latest <= wanted.earliest:
        raise UnableToSayDemand(_("The latest hour comes after the earliest one."))


def _said(facts: DemandFacts) -> dict[str, object]:
    """A demand in the journal's words."""
    return {
        "seats": facts.seats,
        "dates": [days_text(first, last) for first, last in facts.spans],
        "hours": f"{facts.earliest:%H:%M}-{facts.latest:%H:%M} {facts.zone}",
    }


def _record(
    what: str,
    demand: Demand,
    membership: Membership,
    *,
    why: str,
    by: Person | None,
    now: datetime,
    old: dict[str, object],
    new: dict[str, object],
) -> None:
    about = [demand, membership, membership.organization]
    journal.record(what=what, now=now, by=by, why=why, about=about, old=old, new=new, edition=membership.edition.name)


@transaction.atomic
def withdraw_demand(*, demand_id: int, by: Person, now: datetime, why: str = "") -> Demand:
    """The team waits for nothing any more, says its coordinator, or staff with a reason. Raises UnableToWithdrawDemand."""
    membership_id = Demand.objects.values_list("membership", flat=True).get(pk=demand_id)
    (membership,) = lock_memberships([membership_id])
    demand = Demand.objects.with_all().get(pk=demand_id)
    if demand.state != DemandState.OPEN:
        raise UnableToWithdrawDemand(_("This ended already: %(why)s") % {"why": demand.ended_why})
    _end(demand, membership, DemandState.WITHDRAWN, why=why.strip() or _("Withdrawn by its coordinator."), by=by, now=now)
    return demand


def _end(demand: Demand, membership: Membership, state: DemandState, *, why: str, by: Person | None, now: datetime) -> None:
    demand.state, demand.ended_at, demand.ended_why = state, now, why
    demand.save(update_fields=["state", "ended_at", "ended_why"])
    demand_emails.forget(demand)
    _record(f"demand_{state}", demand, membership, why=why, by=by, now=now, old={}, new={"state": state})


def end_if_booked(booking: Booking, *, now: datetime) -> None:
    """A booking ends what its membership waits for, if the training suits, or if fewer seats are left than are waited for.

    The caller holds the locks of the booking.
    """
    membership = booking.membership
    demand = queries.open_demand(membership)
    if demand is None or booking.state != BookingState.CONFIRMED:
        return
    suits = policy.suits(booking.training.facts(seats_booked=0), demand.facts())
    if suits or membership.available < demand.seats:
        why = _("A team was booked for %(training)s.") % {"training": booking.training}
        _end(demand, membership, DemandState.MET, why=why, by=booking.booked_by, now=now)


def tell_who_waits(training: Training, *, now: datetime, known: Collection[int] = (), again: str = "") -> int:
    """Owe a letter to the coordinators of each team that waits for such a training; called in the transaction that announces or moves it.

    `known`: the demands that it met before, whose teams know; `again`: what makes it another occasion. Returns how many teams are told.
    Needs `edition` loaded.
    """
    met = [row for row in queries.met_by(training, queries.waiting_demands(now), now=now) if row.pk not in known]
    for demand in met:
        demand_emails.training_suits(demand, training, now=now, again=again)
    return len(met)
