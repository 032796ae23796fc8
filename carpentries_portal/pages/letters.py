"""The letters about a booking: to whom, when, and what became of each. Those to one team and its coordinators, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.prepared import prepared
from certification.models import Certificate
from trainees.models import Place
from trainings.models import Booking, TrainingException
from trainings.timeline import StateWord

NEWEST = 300
LATEST_SHOWN = 8

WORDS: dict[str, Promise] = {
    "certification.certificate": gettext_lazy("certificate"),
    "certification.certificate_team": gettext_lazy("somebody of the team is certified"),
    "certification.changed": gettext_lazy("exercises: what staff changed"),
    "certification.expired": gettext_lazy("exercises: the time is over"),
    "certification.reminder": gettext_lazy("exercises: reminder"),
    "common.exception_decided": gettext_lazy("exception: the answer"),
    "common.exception_received": gettext_lazy("exception: received"),
    "trainees.address_corrected": gettext_lazy("address corrected"),
    "trainees.application_missing": gettext_lazy("reminder of the application"),
    "trainees.applications_missing": gettext_lazy("list of missing applications"),
    "trainees.invitation": gettext_lazy("invitation"),
    "trainees.list_changed": gettext_lazy("list of names changed by staff"),
    "trainees.not_passed": gettext_lazy("not passed"),
    "trainees.not_passed_team": gettext_lazy("who did not pass"),
    "trainees.passed": gettext_lazy("passed: the exercises"),
    "trainees.place_ended": gettext_lazy("takes part no longer"),
    "trainees.place_moved": gettext_lazy("invitation to the other training"),
    "trainees.remote_granted": gettext_lazy("may take part alone"),
    "trainees.roster_wanted": gettext_lazy("reminder of missing names"),
    "trainings.booking_cancelled": gettext_lazy("booking cancelled"),
    "trainings.booking_changed": gettext_lazy("booking changed"),
    "trainings.booking_confirmed": gettext_lazy("booking confirmed"),
    "trainings.booking_moved": gettext_lazy("team moved"),
    "trainings.room_link": gettext_lazy("link to test the room"),
    "trainings.roster_closed": gettext_lazy("list of names closed"),
    "trainings.training_cancelled": gettext_lazy("training cancelled"),
}
"""What a letter is called on the page; one that is not here is called by its own word."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Letters of one kind that share a day and a fate. `on`: in the reader's zone. `addresses`: only of those that were refused."""

    what: str
    on: date
    state: StateWord
    people: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letters:
    """The latest, and the rest, which is folded away. A refused address stands among the latest, whenever it was."""

    latest: list[Sent]
    older: list[Sent]

    @property
    def count(self) -> int:
        return sum(len(row.people) for row in (*self.latest, *self.older))


@prepared
def _sent(booking_id: Any, exceptions: Any, places: Any, checkouts: Any, certificates: Any) -> QuerySet[Notice]:
    about = (
        Q(subject_label="trainings.booking", subject_id=booking_id)
        | Q(subject_label="trainings.trainingexception", subject_id__in=exceptions)
        | Q(subject_label="trainees.place", subject_id__in=places)
        | Q(subject_label="certification.checkout", subject_id__in=checkouts)
        | Q(subject_label="certification.certificate", subject_id__in=certificates)
    )
    rows = Notice.objects.filter(about).exclude(state__in=[NoticeState.CANCELLED, NoticeState.SKIPPED])
    rows = rows.exclude(to_person=None).exclude(occasion__startswith="test:").select_related("to_person")
    return rows.order_by("-due_at", "-pk")[:NEWEST]


@prepared
def _everybody(booking_id: Any) -> QuerySet[Place]:
    newest = Certificate.objects.filter(checkout__place=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = Place.objects.filter(booking=booking_id).select_related("person", "application", "checkout")
    return rows.annotate(certificate_id=Subquery(newest))


def letters_of(
    booking: Booking, *, places: Iterable[Place], asked: Iterable[TrainingException], zone: str, now: datetime
) -> Letters:
    """One query, however many letters: about the booking, each who is or was on its list, and what was asked for it.

    `places`: as `everybody_of` reads them. `zone`: the reader's, in which the days are given.
    """
    grouped = _grouped(_sent(**_about(booking, places, asked)), zone=zone, now=now)
    refused = [row for row in grouped if row.addresses]
    others = [row for row in grouped if not row.addresses]
    return Letters([*refused, *others[:LATEST_SHOWN]], others[LATEST_SHOWN:])


def everybody_of(booking: Booking) -> list[Place]:
    """Who is or was on the list, by name: with people, applications, checkouts and the id of a certificate. One query."""
    found = _everybody(booking_id=booking.pk)
    for place in found:
        place.booking, place.training = booking, booking.training
    return sorted(found, key=lambda place: (place.name.casefold(), place.pk))


def _about(booking: Booking, places: Iterable[Place], asked: Iterable[TrainingException]) -> dict[str, Any]:
    """What letters may be about, as ids; nothing has the id 0."""
    places = list(places)
    checkouts = (getattr(place, "checkout", None) for place in places)
    certificates = (getattr(place, "certificate_id", None) for place in places)
    return {
        "booking_id": booking.pk,
        "exceptions": [row.pk for row in asked] or [0],
        "places": [place.pk for place in places] or [0],
        "checkouts": [checkout.pk for checkout in checkouts if checkout is not None] or [0],
        "certificates": [pk for pk in certificates if pk is not None] or [0],
    }


def _grouped(rows: Iterable[Notice], *, zone: str, now: datetime) -> list[Sent]:
    """Letters of a kind, a day and a state are one line with all its people; in the order in which they came."""
    groups: dict[tuple[str, date, StateWord], list[Notice]] = {}
    for row in rows:
        key = (row.letter, today_in(zone, row.sent_at or row.due_at), _state(row, now=now))
        groups.setdefault(key, []).append(row)
    return [
        Sent(
            what=str(WORDS.get(letter, letter.partition(".")[2].replace("_", " "))),
            on=on,
            state=state,
            people=tuple(sorted({str(row.to_person) for row in team})),
            addresses=tuple(sorted({row.to_address for row in team})) if state.tone == "bad" else (),
        )
        for (letter, on, state), team in groups.items()
    ]


def _state(row: Notice, *, now: datetime) -> StateWord:
    if row.state == NoticeState.SENT:
        return StateWord(_("sent"), "good")
    if row.state == NoticeState.FAILED:
        return StateWord(_("refused by the address"), "bad")
    return StateWord(_("leaves later") if row.due_at > now else _("on its way"), "now")
