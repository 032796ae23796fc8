"""What stands beside a training's page in admin: who trains, which teams come, and who could be asked to come; beside a trainer's: what they train."""

from __future__ import annotations

from itertools import islice

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import beside
from carpentries_portal.common.dates import CutOff, day_text, zone_city
from carpentries_portal.common.requests import now_of
from memberships.models import Coordinator
from memberships.queries import coordinators_by_organization
from trainings import queries
from trainings.models import Trainer, Training
from trainings.states import TrainingState


def _trainers(request: HttpRequest, row: Training) -> beside.Section:
    rows = row.training_trainers.select_related("trainer__person").order_by("trainer__person__name", "pk")
    items = [beside.Item(text=str(one.trainer), quiet=one.trainer.person.email) for one in rows]
    return beside.Section(_("Who trains"), items, empty=_("Nobody is named."))


def _teams(request: HttpRequest, row: Training) -> beside.Section:
    """The bookings that stand, with their seats: what a decision about the training means for whom. Two queries."""
    bookings = queries.bookings_to_end(row.pk)
    items = [
        beside.Item(
            text=f"{one.membership.organization}: " + ngettext("%(n)d seat", "%(n)d seats", one.seats) % {"n": one.seats},
            quiet=", ".join(part for part in (one.site, zone_city(one.site_zone)) if part),
            links=[(reverse("admin:trainings_booking_change", args=[one.pk]), _("Open"))],
        )
        for one in bookings
    ]
    booked = sum(one.seats for one in bookings)
    title = _("Teams: %(n)d of %(all)d seats are booked") % {"n": booked, "all": row.capacity}
    return beside.Section(title, items, empty=_("No team is booked."))


MOST_ASKED, MOST_TRAINED = 20, 20


def _who_to_ask(request: HttpRequest, row: Training) -> beside.Section:
    """From D(42) on, while a new team finds room: members with seats left whose day it suits, and whom to write to. Four queries."""
    now, facts = now_of(request), queries.facts_of(row)
    near = CutOff(on=row.d(facts.edition.at_risk_days), zone=row.zone).days_left(now) <= 0
    coming = row.state == TrainingState.SCHEDULED and not row.has_begun(now)
    if not near or not coming or facts.seats_free < facts.edition.minimum_team:
        return beside.Section("", [])
    booked = {booking.membership_id for booking in queries.bookings_to_end(row.pk)}
    found = [one for one in queries.WhoToAsk([row]).for_training(row) if one.membership_id not in booked]
    people = coordinators_by_organization(one.organization_id for one in found[:MOST_ASKED])
    items = [
        beside.Item(
            text=_("%(name)s: %(n)d left until %(day)s")
            % {"name": one.organization, "n": one.available, "day": day_text(one.last_on)},
            quiet="; ".join(
                [_("%(city)s time") % {"city": zone_city(one.zone)}, *(_address(who) for who in people[one.organization_id])]
            ),
            links=[(reverse("admin:memberships_membership_change", args=[one.membership_id]), _("Open"))],
        )
        for one in islice(found, MOST_ASKED)
    ]
    more = len(found) - len(items)
    title = _("Who could be asked: members with seats left whose day it suits")
    if more > 0:
        items.append(beside.Item(text=_("and %(n)d more, whose year ends later.") % {"n": more}))
    return beside.Section(title, items, empty=_("No member with seats left has its day then."))


def _address(who: Coordinator) -> str:
    return f"{who.person} <{who.person.email}>"


def _trains(request: HttpRequest, row: Trainer) -> beside.Section:
    """The newest first."""
    rows = Training.objects.filter(training_trainers__trainer=row.pk).order_by("-starts_at", "-pk")
    items = [
        beside.Item(
            text=str(one),
            quiet=one.get_state_display(),
            links=[(reverse("admin:trainings_training_change", args=[one.pk]), _("Open"))],
            struck=one.state == TrainingState.CANCELLED,
        )
        for one in rows[:MOST_TRAINED]
    ]
    title = _("Trainings: the latest %(n)d") if len(items) == MOST_TRAINED else _("Trainings: %(n)d")
    return beside.Section(title % {"n": len(items)}, items, empty=_("Named at no training so far."))


beside.stand_beside("trainings.trainer", _trains)
for read in (_trainers, _teams, _who_to_ask):
    beside.stand_beside("trainings.training", read)
