"""The room's checklist (R20-R24): who ticked what, and when. It blocks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainings.models import Booking, RoomCheck
from trainings.states import BookingState, RoomItem


class UnableToTick(UnableTo):
    """The booking has ended, or there is no such item."""


@transaction.atomic
def tick_room(*, booking_id: int, items: Iterable[str], by: Person, now: datetime) -> Booking:
    """These items are ticked, and no others; who ticked one first stays with it. Raises UnableToTick."""
    booking = Booking.objects.select_for_update(of=("self",), no_key=True).select_related("training").get(pk=booking_id)
    wanted = set(items)
    if booking.state != BookingState.CONFIRMED:
        raise UnableToTick(_("This booking was cancelled: its room needs nothing."))
    if not wanted <= set(RoomItem.values):
        raise UnableToTick(_("There is no such item on the list."))
    there = set(booking.room_checks.values_list("item", flat=True))
    if there == wanted:
        return booking
    booking.room_checks.exclude(item__in=wanted).delete()
    RoomCheck.objects.bulk_create(RoomCheck(booking=booking, item=item, at=now, by=by) for item in sorted(wanted - there))
    why = _("Room: %(n)d of %(all)d ticked.") % {"n": len(wanted), "all": len(RoomItem.values)}
    old, new = {"ticked": sorted(there)}, {"ticked": sorted(wanted)}
    journal.record(what="room_checked", now=now, by=by, rule="R20", why=why, about=[booking, booking.training], old=old, new=new)
    return booking
