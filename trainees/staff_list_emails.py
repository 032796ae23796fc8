"""L13: staff changed a team's list themselves (P10): its coordinators learn what and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import Content, LinkTo, letter, queue
from memberships.queries import coordinators_of
from trainings.models import Booking

CHANGED = "trainees.list_changed"


def list_changed(booking: Booking, *, occasion: str, lines: Sequence[str], why: str, now: datetime) -> None:
    """To each coordinator, at once. `lines`: what changed, in sentences; `why`: what staff say, or nothing."""
    context = {"booking": booking.pk, "lines": list(lines), "why": why}
    for coordinator in coordinators_of(booking.membership.organization_id):
        queue(letter=CHANGED, to=coordinator.person, occasion=occasion, about=booking, context=context, now=now)


def take_back_word(booking: Booking, *, occasion: str) -> bool:
    """Whether word of it had not left yet to anybody; it leaves no more."""
    rows = Notice.objects.filter(letter=CHANGED, occasion=occasion, subject_label=Booking._meta.label_lower, subject_id=booking.pk)
    waits, gone = rows.filter(state=NoticeState.QUEUED), rows.filter(state=NoticeState.SENT).exists()
    return bool(waits.update(state=NoticeState.CANCELLED)) and not gone


@letter("L13", CHANGED, template="trainees/emails/list_changed")
def build_list_changed(notice: Notice) -> Content:
    rows = Booking.objects.select_related("training__edition", "membership__organization")
    booking = rows.get(pk=notice.context["booking"])
    context = {
        "booking": booking,
        "training": booking.training,
        "hours": booking.training.hours(),
        "organization": booking.membership.organization,
        "lines": notice.context["lines"],
        "why": notice.context["why"],
    }
    link = LinkTo(purpose="booking", path=reverse("trainees:people", args=[booking.pk]))
    return Content(context=context, zone=booking.site_zone, link=link)
