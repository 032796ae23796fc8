"""L15: the report of a membership's year, to its coordinators. It spans apps, so it lives here."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import reverse

from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue
from carpentries_portal.pages.report import report_of
from memberships.models import Coordinator, Membership
from memberships.queries import coordinators_of


def year_report(membership: Membership, *, on: date, now: datetime) -> None:
    """To each coordinator, once for the day on which it is due."""
    for coordinator in coordinators_of(membership.organization_id):
        queue(
            letter="pages.year_report",
            to=coordinator.person,
            occasion=f"report:{membership.pk}:{on.isoformat()}",
            about=membership,
            context={"membership": membership.pk},
            now=now,
        )


@letter("L15", "pages.year_report", template="pages/emails/year_report")
def build_year_report(notice: Notice) -> Content:
    """As it stands when the letter leaves."""
    membership = Membership.objects.select_related("organization", "edition").get(pk=notice.context["membership"])
    now = notice.claimed_at or notice.queued_at
    if membership.has_ended(now):
        raise Obsolete("The membership has ended.")
    mine = Coordinator.objects.active().filter(organization=membership.organization_id, person=notice.to_person_id)
    if not mine.exists():
        raise Obsolete("The person coordinates no longer.")
    report = report_of(membership, now=now)
    context = {
        "membership": membership,
        "organization": membership.organization,
        "last_day": membership.cut_off(),
        "meter": report.meter,
        "losses": report.forecast.losses,
        "losing": report.forecast.seats,
        "best": report.forecast.best,
        "bookings": [booking for booking in report.bookings if booking.state == "confirmed"],
        "people": len(report.people),
        "counts": report.counts,
    }
    link = LinkTo(purpose="report", path=reverse("pages:report", args=[membership.pk]))
    return Content(context=context, zone=membership.organization.zone, link=link)
