"""Staff's pages of trainings, trainers, bookings and their exceptions: seen, and changed by buttons that call actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import turns
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated, valued
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.exception_admin import ExceptionAdmin, enter, enter_url
from carpentries_portal.common.requests import now_of, person_of
from trainings import actions, queries, training_beside  # noqa: F401  # what stands beside a training registers itself
from trainings.actions.agendas import frame_of
from trainings.actions.bookings import Site
from trainings.actions.trainings import CALENDAR, announce_verdicts
from trainings.admin_forms import (
    BookForm,
    CancelTrainingForm,
    HoldForm,
    LinkForm,
    TrainerForm,
    TrainingExceptionForm,
    TrainingForm,
    exception_of,
    schedule_of,
)
from trainings.agenda_admin import SET_AGENDA
from trainings.agenda_text import text_of
from trainings.booking_buttons import CANCEL, CHANGE, RESTORE
from trainings.demand_admin import waited_for
from trainings.models import Booking, Trainer, Training, TrainingException
from trainings.models.trainings import without_heavy
from trainings.moving_admin import MOVE_BOOKING, MOVE_TRAINING
from trainings.season_admin import ADD, season_view
from trainings.states import TrainingState
from trainings.training_buttons import CAPACITY, TRAINER_BUTTONS, TRAINERS

MOST_OFFERS = 20
"""Teams for which what else fits is looked up before a training is cancelled."""


def _cancel_consequence(request: HttpRequest, row: Training) -> list[str]:
    """Who is told, and what goes back."""
    bookings = queries.bookings_to_end(row.pk)
    seats = sum(booking.reservation.reserved for booking in bookings)
    teams = ngettext("%(n)d team is booked", "%(n)d teams are booked", len(bookings)) % {"n": len(bookings)}
    back = ngettext("%(n)d seat goes back to its membership.", "%(n)d seats go back to their memberships.", seats) % {"n": seats}
    told = _("Their coordinators and the trainers get a letter with your reason.")
    return [f"{teams}. {back}", told, *(_what_else_fits(row, booking, now_of(request)) for booking in bookings[:MOST_OFFERS])]


def _what_else_fits(row: Training, booking: Booking, now: datetime) -> str:
    """A team, and the other dates that its letter offers."""
    membership = queries.membership_again(booking.membership)
    offers = queries.alternatives(
        membership=membership,
        seats=booking.seats,
        site_zone=booking.site_zone,
        now=now,
        exclude=[row.pk],
        coming_back=0 if membership.has_ended(now) else booking.reservation.reserved,
    )
    fits = "; ".join(f"{offer.training.days_text}, {offer.training.city}" for offer in offers) or _("none on the calendar")
    return _("%(organization)s, %(n)d seats. What else fits: %(fits)s.") % {
        "organization": membership.organization,
        "n": booking.seats,
        "fits": fits,
    }


def _still_to_come(request: HttpRequest, row: Training) -> bool:
    return row.state == TrainingState.SCHEDULED


def _cancel(request: HttpRequest, row: Training, values: dict[str, Any]) -> None:
    actions.cancel_training(training_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _set_link(request: HttpRequest, row: Training, values: dict[str, Any]) -> None:
    actions.set_link(training_id=row.pk, link=values["link"], by=person_of(request), now=now_of(request))


def _hold(request: HttpRequest, row: Training, values: dict[str, Any]) -> None:
    actions.hold_training(
        training_id=row.pk, until_on=values["until_on"], why=values["why"], by=person_of(request), now=now_of(request)
    )


@admin.register(Training)
class TrainingAdmin(SeenOnlyAdmin):
    list_display = ["code", "starts_on", "ends_on", "zone", "state", "sign_up_until", "capacity", "booked"]
    list_filter = ["state", dated("starts_on"), valued("zone")]
    one_select_related = ["edition"]
    search_fields = ["code", "zone"]
    ordering = ["-starts_on"]
    exclude = ["agenda"]  # as lines instead
    add_form = TrainingForm
    add_title = gettext_lazy("Announce a training")
    add_template = "admin/portal/announce.html"
    change_list_template = "admin/portal/trainings.html"
    buttons = (
        MOVE_TRAINING,
        SET_AGENDA,
        TRAINERS,
        CAPACITY,
        Button(
            "link",
            gettext_lazy("Set the link…"),
            form=LinkForm,
            run=_set_link,
            consequence=lambda request, row: [
                _("Trainers see it at once, teams from D(14) (R24). Teams who have another one already get a letter with this one.")
            ],
            shown=_still_to_come,
            initial=lambda request, row: {"link": row.link},
        ),
        Button(
            "hold",
            gettext_lazy("Hold…"),
            form=HoldForm,
            run=_hold,
            consequence=lambda request, row: [
                _("The nightly run leaves it alone to the end of that day in its zone, if nobody books (R7).")
            ],
            shown=_still_to_come,
            initial=lambda request, row: {"until_on": row.d(row.edition.edition().hold_days)},
        ),
        Button(
            "cancel",
            gettext_lazy("Cancel…"),
            form=CancelTrainingForm,
            run=_cancel,
            consequence=_cancel_consequence,
            shown=_still_to_come,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return Training.objects.with_seats_booked().defer(*without_heavy())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agenda_lines" if name == "agenda" else name for name in super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("agenda"))
    def agenda_lines(self, row: Training) -> str:
        return format_html_join("", "{}<br>", ((line,) for line in text_of(row.agenda, frame_of(row)).splitlines()))

    @admin.display(description=gettext_lazy("seats booked"), ordering="seats_booked")
    def booked(self, row: Training) -> int:
        return int(getattr(row, "seats_booked", 0))

    def get_urls(self) -> list[URLPattern]:
        season = path("season/", self.admin_site.admin_view(self.season), name="trainings_training_season")
        return [season, *super().get_urls()]

    def season(self, request: HttpRequest) -> HttpResponse:
        return season_view(request, {**self.admin_site.each_context(request), "opts": self.model._meta, **waited_for(request)})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "may_schedule": request.user.has_perm(ADD)})

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Training:
        return actions.announce_training(
            schedule=schedule_of(values),
            capacity=values["capacity"],
            trainers=values["trainers"],
            link=values["link"],
            note=values["note"],
            by=person_of(request),
            now=now_of(request),
        )

    def add_context(self, request: HttpRequest) -> dict[str, Any]:
        return waited_for(request)

    def lock_for_add(self, values: dict[str, Any]) -> None:
        turns.take(CALENDAR)

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        schedule, now = schedule_of(values), now_of(request)
        known = queries.scheduled_keys(now).get(
            (schedule.starts_on, schedule.ends_on, schedule.starts, schedule.ends, schedule.zone)
        )
        there = [_("The same days and hours are on the calendar already: %(code)s.") % {"code": known}] if known else []
        return [*there, *(verdict.sentence for verdict in announce_verdicts(schedule, now=now) if verdict.warned)]


class RetiredFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("still trains"), "retired"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("trains")), ("yes", _("retired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(retired_at__isnull=self.value() == "no") if self.value() in {"no", "yes"} else queryset


@admin.register(Trainer)
class TrainerAdmin(SeenOnlyAdmin):
    list_display = ["person", "added_at", "retired_at"]
    list_filter = [RetiredFilter]
    list_select_related = ["person"]
    search_fields = ["person__name", "person__email_key"]
    buttons = TRAINER_BUTTONS
    add_form = TrainerForm
    add_title = gettext_lazy("Add a trainer")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Trainer:
        return actions.add_trainer(**values, by=person_of(request), now=now_of(request))


@admin.register(Booking)
class BookingAdmin(SeenOnlyAdmin):
    list_display = ["training", "membership", "seats", "state", "site", "booked_at", "booked_by"]
    list_filter = ["state", dated("booked_at"), dated("training__starts_on", gettext_lazy("first day"))]
    search_fields = ["membership__organization__name", "training__code", "site"]
    add_form = BookForm
    add_title = gettext_lazy("Book on behalf")
    buttons = (
        CHANGE,
        MOVE_BOOKING,
        CANCEL,
        RESTORE,
    )

    list_select_related = ["training", "membership__organization", "booked_by"]
    one_select_related = ["training__edition", "membership__organization", "membership__edition", "reservation", "booked_by"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Booking.objects.defer(*without_heavy("training__"))

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Booking:
        return actions.book(
            training_id=values["training"].pk,
            membership_id=values["membership"].pk,
            seats=values["seats"],
            site=Site(name=values["site"], room=values["room"], zone=values["site_zone"]),
            by=person_of(request),
            now=now_of(request),
            staff_reason=values["why"],
        )

    def enter_url(self, request: HttpRequest, row: Any) -> str:
        return enter_url(request, TrainingException, training=row.training.code, membership=row.membership_id)

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        """P10: refusals are warnings for staff; what bends for nobody the action says."""
        training = Training.objects.select_related("edition").get(pk=values["training"].pk)
        verdicts = queries.booking_verdicts(
            training, values["membership"], seats=values["seats"], site_zone=values["site_zone"], now=now_of(request), as_staff=True
        )
        return [f"{verdict.rule}: {verdict.sentence}" for verdict in verdicts if verdict.warned]


@admin.register(TrainingException)
class TrainingExceptionAdmin(ExceptionAdmin):
    list_select_related = ["training", "membership__organization", "asked_by"]
    search_fields = ["membership__organization__name", "training__code", "reason"]
    add_form = TrainingExceptionForm
    add_title = gettext_lazy("Enter an exception for a training")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> TrainingException:
        return enter(request, exception_of(values), values)  # type: ignore[no-any-return]  # the same record
