"""What stands beside a booking's page in admin: who comes, and the way to change the list for the team."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import beside
from carpentries_portal.common.requests import person_of
from trainees import queries
from trainees.access import LISTING
from trainings.models import Booking
from trainings.states import BookingState


def _people(request: HttpRequest, row: Booking) -> beside.Section:
    """One query. Names and addresses for who may see places."""
    places = queries.roster_of(row)
    title = _("People: %(n)d of %(all)d seats have a name") % {"n": len(places), "all": row.seats}
    if not person_of(request).has_perm("trainees.view_place"):
        return beside.Section(title, [], empty=_("Who they are is for staff who see places."))
    items = [
        beside.Item(
            text=place.name,
            quiet=place.person.email,
            links=[(reverse("admin:trainees_place_change", args=[place.pk]), _("Open"))],
        )
        for place in places
    ]
    if row.state == BookingState.CONFIRMED and person_of(request).has_perm(LISTING):
        words = _("Change the list for the team") if places else _("Name people for the team")
        items.append(beside.Item(text="", links=[(reverse("trainees:people", args=[row.pk]), words)]))
    return beside.Section(title, items, empty=_("Nobody is named."))


beside.stand_beside("trainings.booking", _people)
