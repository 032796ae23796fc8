"""Staff's pages of people on rosters: seen, and changed by buttons that call actions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.exception_admin import (
    DECLINE,
    REVOKE,
    ExceptionAdmin,
    WaitingFilter,
    approve_button,
    enter,
    enter_url,
    waits,
)
from carpentries_portal.common.requests import now_of, person_of
from trainees import actions, booking_beside, queries, request_queries  # noqa: F401  # what stands beside a booking registers itself
from trainees.admin_forms import AcceptForm, AloneForm, ApproveAloneForm, CorrectForm, ExcuseForm
from trainees.models import Application, Place, PlaceException, RollCall, RosterLine, RosterRequest
from trainees.policy import DayMarks, words_of
from trainees.states import Ground, PlaceState
from trainings.models.trainings import without_heavy


def _excuse(request: HttpRequest, row: Place, values: dict[str, Any]) -> None:
    actions.excuse(place_id=row.pk, ground=Ground(values["ground"]), why=values["why"], by=person_of(request), now=now_of(request))


def _correct(request: HttpRequest, row: Place, values: dict[str, Any]) -> None:
    marks = DayMarks(absent=values["how"] == "absent", late=values["late"], left=values["left"], away=values["away"])
    actions.correct_attendance(
        place_id=row.pk, day=values["day"], marks=marks, why=values["why"], by=person_of(request), now=now_of(request)
    )


def _story(request: HttpRequest, row: Place) -> list[str]:
    """How the person's roll call stands, and what R15 says to it: the sentence that the person reads."""
    kept = RollCall.objects.filter(place=row.pk).order_by("day")
    days = [_("Day %(n)d: %(said)s") % {"n": one.day, "said": words_of(one.marks())} for one in kept]
    verdict = queries.attendance_verdict(row, now=now_of(request))
    said = (
        _("What the person reads: %(sentence)s") % {"sentence": verdict.sentence}
        if days
        else _("Nobody has marked this person yet.")
    )
    follows = _("The outcome, the seat and the letters follow at once where attendance is confirmed; else at the confirmation.")
    return [str(row), *days, said, follows]


@admin.register(Place)
class PlaceAdmin(SeenOnlyAdmin):
    list_display = ["name", "person", "training", "state", "outcome", "minutes_missed", "remote", "location"]
    list_select_related = ["person", "training"]
    list_without = without_heavy("training__")
    list_filter = ["state", "outcome", "remote", dated("training__starts_on", gettext_lazy("first day"))]
    search_fields = ["name", "person__email_key", "training__code", "booking__membership__organization__name"]
    buttons = (
        Button(
            "excuse",
            gettext_lazy("Let pass (R15)…"),
            form=ExcuseForm,
            run=_excuse,
            consequence=_story,
            shown=lambda request, row: row.state == PlaceState.ACTIVE and row.training.has_begun(now_of(request)),
        ),
        Button(
            "correct",
            gettext_lazy("Correct attendance…"),
            form=CorrectForm,
            run=_correct,
            consequence=_story,
            shown=lambda request, row: row.state == PlaceState.ACTIVE and row.outcome != "",
        ),
    )

    def enter_url(self, request: HttpRequest, row: Any) -> str:
        return enter_url(request, PlaceException, place=row.pk) if row.state == PlaceState.ACTIVE else ""


@admin.register(Application)
class ApplicationAdmin(SeenOnlyAdmin):
    """Staff alone see what would help a person to take part."""

    list_display = ["place", "country", "occupation", "saved_at", "finished_at"]
    list_select_related = ["place__training"]
    list_without = without_heavy("place__training__")
    search_fields = ["place__name", "certificate_name", "affiliation"]
    list_filter = [dated("saved_at")]


@admin.register(PlaceException)
class PlaceExceptionAdmin(ExceptionAdmin):
    list_select_related = ["place__training", "asked_by"]
    search_fields = ["place__name", "place__training__code", "reason"]
    approve_form = ApproveAloneForm
    buttons = (approve_button(ApproveAloneForm), DECLINE, REVOKE)
    add_form = AloneForm
    add_title = gettext_lazy("Enter an exception for a person")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> PlaceException:
        record = PlaceException(place=values["place"], asked_for=_("take part alone, from elsewhere"))
        return enter(request, record, values)  # type: ignore[no-any-return]  # the same record


def _accept(request: HttpRequest, row: RosterRequest, values: dict[str, Any]) -> None:
    actions.accept_changes(request_id=row.pk, note=values["note"], by=person_of(request), now=now_of(request))


def _change_story(request: HttpRequest, row: RosterRequest) -> list[str]:
    """The whole change in words, why it is asked for, and what accepting does."""
    return [
        row.subject_text(),
        *row.details(),
        _("%(who)s asks: %(reason)s") % {"who": row.asked_by or "–", "reason": row.reason},
        request_queries.settled_by(row).sentence,
        _("The list changes at once. Who comes gets the invitation, who leaves is told, who asked gets a letter."),
    ]


class RosterLineInline(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = RosterLine
    verbose_name_plural = gettext_lazy("who comes, who leaves, what changes")
    fields = ["kind", "was", "name", "email", "location", "remote"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RosterRequest)
class RosterRequestAdmin(ExceptionAdmin):
    """P7: accepted as it stands, with one click, or declined with a reason."""

    approve_form = AcceptForm
    approve_one = staticmethod(_accept)
    list_display = ["subject", "asked_for", "reason", "asked_by", "asked_at", "state", "decided_by"]
    list_select_related = ["booking__training", "booking__membership__organization", "asked_by", "decided_by"]
    one_select_related = ["booking__training__edition", "booking__membership__organization", "asked_by"]
    list_filter = [WaitingFilter]
    search_fields = ["booking__training__code", "booking__membership__organization__name", "reason", "lines__name", "lines__was"]
    inlines = [RosterLineInline]
    buttons = (
        Button("approve", gettext_lazy("Accept the change…"), form=AcceptForm, run=_accept, consequence=_change_story, shown=waits),
        DECLINE,
    )
