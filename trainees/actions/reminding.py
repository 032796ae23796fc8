"""Reminding people of their application by a button (L5), not twice a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import journal
from carpentries_portal.common.dates import today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from trainees import reminders
from trainees.models import Place
from trainings.actions import lock_booking
from trainings.states import BookingState


class UnableToRemind(UnableTo):
    """Nobody is left to remind: all have applied, or were reminded today."""


def remind_applications(*, booking_id: int, by: Person, now: datetime, place_ids: Collection[int] | None = None) -> list[Place]:
    """Send L5 to those of a team, or of `place_ids`, who were invited and have not finished the application (R17).

    Who was reminded on this day of the site's calendar, by whomever, is passed over. Returns whom it reminds. Raises UnableToRemind.
    """
    with transaction.atomic():
        booking, training, membership = lock_booking(booking_id)
        if booking.state != BookingState.CONFIRMED:
            raise UnableToRemind(_("This booking was cancelled: nobody is waited for."))
        wanted = [row for row in reminders.remindable(booking.pk, now=now) if place_ids is None or row.pk in place_ids]
        if not wanted:
            raise UnableToRemind(_("Nobody to remind: the application is complete, or the invitation has not left yet."))
        today = today_in(booking.site_zone, now)
        reminded = reminders.reminded_on([row.pk for row in wanted], day=today, zone=booking.site_zone)
        places = [row for row in wanted if row.pk not in reminded]
        if not places:
            names = ", ".join(row.name for row in wanted)
            raise UnableToRemind(
                _("Reminded today already: %(names)s. A letter a day is enough; try again tomorrow.") % {"names": names}
            )
        for place in places:
            reminders.application_missing(place, occasion=f"asked:{place.pk}:{today.isoformat()}", now=now)
        text = ngettext("Reminded of the application: %(names)s.", "Reminded of their applications: %(names)s.", len(places))
        why = text % {"names": ", ".join(place.name for place in places)}
        about = [booking, training, membership, *places]
        journal.record(what="people_reminded", now=now, by=by, rule="R17", why=why, about=about, edition=training.edition.name)
    return places
