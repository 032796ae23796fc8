"""What staff see and press about a booking's seats in admin: what follows, restoring what a rule took, and a membership's bookings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.beside import Item, Section, stand_beside
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.requests import now_of, person_of
from memberships.models import Membership
from memberships.queries import balance_change, coordinators_of
from trainings import actions, policy, queries
from trainings.actions.bookings import change_verdicts
from trainings.admin_forms import CancelBookingForm, ChangeSeatsForm, RestoreSeatsForm
from trainings.models import Booking
from trainings.states import BookingState

TAKEN = {
    "P4": gettext_lazy("left late (P4)"),
    "P6": gettext_lazy("without a name when the roster closed (P6)"),
    "R15": gettext_lazy("missed too much (R15)"),
}


def taken_from(row: Booking) -> dict[str, int]:
    """How many seats each rule took from a booking and still has. Needs `reservation` loaded."""
    kept = row.reservation
    found = {"P4": kept.forfeited_p4, "P6": kept.forfeited_p6, "R15": kept.forfeited_r15}
    return {rule: seats for rule, seats in found.items() if seats}


def _lost(row: Booking) -> str:
    """Which seats of a booking are forfeited, in words; "" where none is."""
    return "; ".join(f"{seats} {TAKEN[rule]}" for rule, seats in taken_from(row).items())


def seats_follow(request: HttpRequest, row: Booking, values: dict[str, Any], result: Any) -> list[str]:
    """What a change of a booking's seats leaves: of the booking, of its membership, and who is told."""
    after = Booking.objects.select_related("reservation", "training", "membership__organization").get(pk=row.pk)
    kept = ngettext("The booking keeps %(n)d seat.", "The booking keeps %(n)d seats.", after.seats) % {"n": after.seats}
    if after.state == BookingState.CANCELLED:
        kept = _("The booking ends; %(training)s has %(n)d seats more for others.") % {
            "training": after.training,
            "n": row.seats - after.seats,
        }
    names = [str(one.person) for one in coordinators_of(row.membership.organization_id)]
    lines = [kept, f"{after.membership}: {balance_change(row.membership, after.membership)}"]
    lost = after.membership.forfeited - row.membership.forfeited
    if lost > 0:
        said = ngettext("%(org)s loses %(n)d seat.", "%(org)s loses %(n)d seats.", lost)
        lines.append(said % {"org": after.membership.organization, "n": lost})
    if after.membership.returned > row.membership.returned:
        lines.append(_("Its membership has ended: what comes back waits as returned, for you to decide (P5)."))
    told = (
        _("A letter goes to %(names)s.") % {"names": ", ".join(names)} if names else _("Nobody coordinates: nobody gets a letter.")
    )
    return [*lines, told]


def _restore(request: HttpRequest, row: Booking, values: dict[str, Any]) -> Booking:
    to_reserved = values["to"] == "booking"
    until = CutOff(on=values["until_on"] or row.training.ends_on, zone=row.membership.organization.zone).ends_at
    return actions.restore_seats(
        booking_id=row.pk,
        seats=values["seats"],
        rule=values["rule"],
        to_reserved=to_reserved,
        until=until,
        why=values["why"],
        by=person_of(request),
        now=now_of(request),
    )


def _what_was_taken(request: HttpRequest, row: Booking) -> list[str]:
    return [_("%(booking)s. Forfeited: %(lost)s.") % {"booking": row, "lost": _lost(row) or _("none")}]


RESTORE = Button(
    "restore",
    gettext_lazy("Restore forfeited…"),
    form=RestoreSeatsForm,
    run=_restore,
    consequence=_what_was_taken,
    shown=lambda request, row: bool(taken_from(row)),
    form_about=lambda row: {"rules": [(rule, f"{seats} {TAKEN[rule]}") for rule, seats in taken_from(row).items()]},
    consequence_of=seats_follow,
)


def _links(request: HttpRequest, row: Booking, *, back: str) -> list[tuple[str, str]]:
    """To the booking, and to the buttons that make sense for it now."""
    links = [(reverse("admin:trainings_booking_change", args=[row.pk]), _("Open"))]
    if not request.user.has_perm("trainings.change_booking"):  # type: ignore[union-attr]  # admin's pages are for people who are logged in
        return links
    buttons = [("cancel", _("Cancel…"))] if _unsettled(request, row) else []
    buttons += [("restore", _("Restore forfeited…"))] if taken_from(row) else []
    query = urlencode({"back": back})
    return links + [(f"{reverse('admin:trainings_booking_button', args=[row.pk, name])}?{query}", words) for name, words in buttons]


def _bookings(request: HttpRequest, row: Membership) -> Section:
    """A membership's bookings, the ones that reserve seats first: each is cancelled, or given back what it lost, on its own."""
    rows = sorted(queries.bookings_of(row), key=lambda one: one.state != BookingState.CONFIRMED)
    prefetch_related_objects(rows, "reservation")
    items = []
    for one in rows:
        held = ngettext("%(n)d seat, %(days)s, %(city)s time", "%(n)d seats, %(days)s, %(city)s time", one.seats)
        lost = _lost(one)
        quiet = [str(one.get_state_display()), _("%(n)d reserved") % {"n": one.reservation.reserved}, *([lost] if lost else [])]
        text = held % {"n": one.seats, "days": one.training.days_text, "city": one.training.city}
        items.append(Item(text=text, quiet=", ".join(quiet), links=_links(request, one, back=request.get_full_path())))
    return Section(_("Bookings"), items, empty=_("No team has been booked with it."))


stand_beside("memberships.membership", _bookings)


def _unsettled(request: HttpRequest, row: Booking) -> bool:
    """Its seats can be added or left: attendance settles each of them."""
    return row.state == BookingState.CONFIRMED and row.attendance_confirmed_at is None


def _change(request: HttpRequest, row: Booking, values: dict[str, Any]) -> None:
    actions.change_seats(
        booking_id=row.pk, seats=values["seats"], by=person_of(request), now=now_of(request), staff_reason=values["why"]
    )


def _cancel_booking(request: HttpRequest, row: Booking, values: dict[str, Any]) -> None:
    actions.cancel_booking(
        booking_id=row.pk,
        why=values["why"],
        by=person_of(request),
        now=now_of(request),
        give_back=values["give_back"],
        as_staff=True,
    )


def _change_consequence(request: HttpRequest, row: Booking) -> list[str]:
    """What growing and what leaving means today: the number is not chosen yet."""
    grow = [verdict.sentence for verdict in change_verdicts(row, seats=row.seats + 1, now=now_of(request)) if verdict.refused]
    leave = policy.leave(queries.facts_of(row.training), seats=1, now=now_of(request))
    return [
        str(row),
        _("More seats: %(sentence)s") % {"sentence": " ".join(grow) or _("no rule refuses one more.")},
        _("Fewer seats, each: %(sentence)s") % {"sentence": leave.sentence},
    ]


def _leave_consequence(request: HttpRequest, row: Booking) -> list[str]:
    leave = policy.leave(queries.facts_of(row.training), seats=row.reservation.reserved, now=now_of(request))
    return [str(row), leave.sentence, _("With “give the seats back” they go back all the same, as your exception to P4.")]


CHANGE = Button(
    "seats",
    gettext_lazy("Change seats…"),
    form=ChangeSeatsForm,
    run=_change,
    consequence=_change_consequence,
    shown=_unsettled,
    initial=lambda request, row: {"seats": row.seats},
    consequence_of=seats_follow,
)
CANCEL = Button(
    "cancel",
    gettext_lazy("Cancel…"),
    form=CancelBookingForm,
    run=_cancel_booking,
    consequence=_leave_consequence,
    shown=_unsettled,
    consequence_of=seats_follow,
)
