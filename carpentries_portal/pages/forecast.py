"""The year ahead: which seats will be lost and when (R12, P6, R11), and the last trainings that still save them (P1, R5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff
from memberships.models import Membership
from trainings.models import Booking
from trainings.queries import Offer
from trainings.states import BookingState


@dataclass(frozen=True, slots=True)
class Loss:
    """Seats that are lost on a day unless something is done. `save_by`: the last day to act, None where nothing helps any more."""

    seats: int
    lost_on: CutOff
    rule: str
    sentence: str
    save_by: CutOff | None
    url: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Saver:
    """One of the last trainings that still save seats. `done_by`: the last day of its exercises; `inside`: that is in the year."""

    offer: Offer
    done_by: CutOff
    inside: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    losses: list[Loss]
    savers: list[Saver]

    @property
    def seats(self) -> int:
        return sum(loss.seats for loss in self.losses)

    @property
    def best(self) -> Saver | None:
        """The last training that saves seats, with its exercises inside the year where there is one."""
        return self.savers[0] if self.savers else None


def forecast(
    membership: Membership,
    *,
    minimum: int,
    offers: Sequence[Offer],
    bookings: Sequence[Booking],
    names: Mapping[int, int],
    now: datetime,
) -> Forecast:
    """What will be lost, the soonest first. `offers`: the last that fit now; `names`: how many each booking has. No query."""
    losses = [loss for booking in bookings if (loss := _unnamed(booking, names.get(booking.pk, 0), now=now)) is not None]
    if membership.available and not membership.has_ended(now):
        losses.append(_left(membership, minimum=minimum, offers=offers, bookings=bookings, now=now))
    wanted = membership.available >= minimum and not membership.has_ended(now)
    return Forecast(
        losses=sorted(losses, key=lambda loss: loss.lost_on.ends_at), savers=savers(membership, offers) if wanted else []
    )


def savers(membership: Membership, offers: Sequence[Offer]) -> list[Saver]:
    """The last that fits with its exercises inside the year, then the very last; `offers` soonest first, all inside the year (P1)."""
    found = [_saver(membership, offer) for offer in offers]
    inside = [saver for saver in found if saver.inside]
    return [*inside[-1:], *(found[-1:] if found and not found[-1].inside else [])]


def _saver(membership: Membership, offer: Offer) -> Saver:
    last = offer.training.ends_on + timedelta(days=offer.facts.edition.checkout_days)
    return Saver(offer=offer, done_by=CutOff(on=last, zone=offer.training.zone), inside=last <= membership.last_on)


def _unnamed(booking: Booking, names: int, *, now: datetime) -> Loss | None:
    """P6: seats of a booking that have no name when its list closes."""
    closes, missing = booking.roster_cut_off(), booking.seats - names
    if booking.state != BookingState.CONFIRMED or booking.roster_closed_at is not None or closes.passed(now) or missing <= 0:
        return None
    sentence = ngettext(
        "%(n)d seat at the training of %(days)s has no name yet.",
        "%(n)d seats at the training of %(days)s have no name yet.",
        missing,
    )
    return Loss(
        seats=missing,
        lost_on=closes,
        rule="P6",
        sentence=sentence % {"n": missing, "days": booking.training.days_text},
        save_by=closes,
        url=reverse("trainees:people", args=[booking.pk]),
        button=_("Name people"),
    )


def _left(membership: Membership, *, minimum: int, offers: Sequence[Offer], bookings: Sequence[Booking], now: datetime) -> Loss:
    """R12: what is left at the end of the year; what can still be done about it (R11)."""
    seats, last = membership.available, membership.cut_off()
    text = ngettext("%(n)d seat is not booked.", "%(n)d seats are not booked.", seats) % {"n": seats}
    if seats >= minimum:
        found = savers(membership, offers)
        if not found:
            return Loss(
                seats, last, "R12", text + " " + _("No training that is open now fits: write to us what would suit you."), None
            )
        return Loss(seats, last, "R12", text, found[-1].offer.sign_up, "#fit", _("See what fits"))
    growing = [row for row in bookings if row.state == BookingState.CONFIRMED and not row.training.sign_up.passed(now)]
    if not growing:
        why = _("At least %(n)d attend at once, and no booking of yours can grow any more.")
        return Loss(seats, last, "R11", f"{text} {why % {'n': minimum}}", None)
    latest = max(growing, key=lambda row: row.training.sign_up.ends_at)
    why = _("At least %(n)d attend at once: only a booking that you enlarge can take them.") % {"n": minimum}
    url = reverse("trainings:change_booking", args=[latest.pk])
    return Loss(seats, last, "R11", f"{text} {why}", latest.training.sign_up, url, _("Enlarge the booking"))
