"""Staff's pages of checkouts: seen, and changed by buttons that call actions; more time decided, one by one and in bulk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import clock, exceptions
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exception_admin import ExceptionAdmin, story, waits
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.requests import now_of, person_of
from certification import actions, policy, queries, submission_admin  # noqa: F401  # it registers its own pages
from certification.actions.extensions import RULE
from certification.admin_forms import (
    ApproveExtensionForm,
    ApproveExtensionsForm,
    EnterExtensionForm,
    ExtendForm,
    OpenForm,
    RecordForm,
    ReopenForm,
)
from certification.certificate_admin import CHECKOUT_BUTTONS
from certification.models import STORY, Checkout, CheckoutException
from certification.states import CheckoutState
from trainings.models.trainings import without_heavy


def _extend(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.extend_checkout(checkout_id=row.pk, to=values["to"], why=values["why"], by=person_of(request), now=now_of(request))


def _close(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.close_checkout(checkout_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _reopen(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.reopen_checkout(checkout_id=row.pk, why=values["why"], to=values["to"], by=person_of(request), now=now_of(request))


def _record(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.hand_in(
        checkout_id=row.pk,
        exercise=values["exercise"],
        done_on=values["done_on"],
        link=values["link"],
        notes=values["why"],
        by=person_of(request),
        now=now_of(request),
        as_staff=True,
    )


def _give_late(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.extend_for_late_confirmation(checkout_id=row.pk, by=person_of(request), now=now_of(request))


def _decline_late(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.decline_late_offer(checkout_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _offered(request: HttpRequest, row: Checkout) -> bool:
    return row.state == CheckoutState.UNDER_WAY and row.late_settled_at is None and row.late_days > 0


def _under_way(request: HttpRequest, row: Checkout) -> bool:
    return row.state == CheckoutState.UNDER_WAY


def _story(request: HttpRequest, row: Checkout) -> list[str]:
    """How it stands, in the sentence that the person reads."""
    verdict = queries.checkout_verdict(row, now=now_of(request))
    due = _("Due by %(due)s.") % {"due": policy.here(row.due())}
    return [str(row), due, _("What the person reads: %(sentence)s") % {"sentence": verdict.sentence}]


def _with_letter(request: HttpRequest, row: Checkout) -> list[str]:
    return [*_story(request, row), _("The person gets a letter.")]


def _late_story(request: HttpRequest, row: Checkout) -> list[str]:
    text = _("Attendance was confirmed %(n)d days after the training: the date would be %(day)s.")
    new = CutOff(on=row.due_on + timedelta(days=row.late_days), zone=row.place.training.zone)
    return [
        *_story(request, row),
        text % {"n": row.late_days, "day": policy.here(new)},
        _("It is offered once. The person gets a letter."),
    ]


class LateFilter(admin.SimpleListFilter):
    """Those that staff may extend because attendance was confirmed late (R25)."""

    title = gettext_lazy("confirmed late")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("offered", _("an extension is offered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "offered":
            return queryset
        return queryset.filter(state=CheckoutState.UNDER_WAY, late_days__gt=0, late_settled_at__isnull=True)


@admin.register(Checkout)
class CheckoutAdmin(SeenOnlyAdmin):
    list_display = ["name", "training", "state", "due_on", "expired_on"]
    list_filter = ["state", LateFilter, dated("due_on")]
    search_fields = ["place__name", "place__person__email_key", "place__training__code"]
    list_select_related = ["place__training"]
    list_without = without_heavy("place__training__")
    one_select_related = STORY
    actions = ["give_late_selected"]
    add_form = OpenForm
    add_title = gettext_lazy("Open a checkout by hand")
    buttons = (
        Button(
            "extend",
            gettext_lazy("Give more time…"),
            form=ExtendForm,
            run=_extend,
            consequence=_with_letter,
            shown=_under_way,
            initial=lambda request, row: {"to": _offered_day(row)},
        ),
        Button(
            "late", gettext_lazy("Extend: confirmed late…"), form=NoteForm, run=_give_late, consequence=_late_story, shown=_offered
        ),
        Button(
            "let-go",
            gettext_lazy("No extension for late confirmation…"),
            form=NoteForm,
            run=_decline_late,
            consequence=_late_story,
            shown=_offered,
        ),
        Button("record", gettext_lazy("Record work…"), form=RecordForm, run=_record, consequence=_with_letter, shown=_under_way),
        Button("close", gettext_lazy("Close…"), form=NoteForm, run=_close, consequence=_with_letter, shown=_under_way),
        Button(
            "reopen",
            gettext_lazy("Reopen…"),
            form=ReopenForm,
            run=_reopen,
            consequence=_with_letter,
            shown=lambda request, row: row.state in {CheckoutState.FAILED, CheckoutState.CLOSED},
        ),
        *CHECKOUT_BUTTONS,
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["stands", *super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("how it stands"))
    def stands(self, row: Checkout) -> str:
        """The sentence that the person reads now."""
        return queries.checkout_verdict(row, now=clock.now()).sentence

    @admin.display(description=gettext_lazy("who"), ordering="place__name")
    def name(self, row: Checkout) -> str:
        return row.place.name

    @admin.display(description=gettext_lazy("training"), ordering="place__training__starts_at")
    def training(self, row: Checkout) -> str:
        return str(row.place.training)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Checkout:
        return actions.open_checkout(place_id=values["place"].pk, by=person_of(request), now=now_of(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if self.may_press(request) else {}

    @admin.action(description=gettext_lazy("Extend those confirmed late, each by its days"))
    def give_late_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """R25, in bulk: each by itself, so that one that cannot be extended stops nobody else."""
        done = 0
        for row in queryset:
            try:
                actions.extend_for_late_confirmation(checkout_id=row.pk, by=person_of(request), now=now_of(request))
            except UnableTo as problem:
                messages.error(request, f"{row}: {problem}")
            else:
                done += 1
        if done:
            messages.success(request, _("Extended: %(n)d. Each person gets a letter.") % {"n": done})


def _offered_day(row: Checkout) -> date:
    return row.due_on + timedelta(days=row.place.training.edition.edition().extension_days)


def _approve(request: HttpRequest, row: CheckoutException, values: dict[str, Any]) -> None:
    """An extension names its day, to whose end it holds."""
    to, now = values["to_date"], now_of(request)
    until = max(CutOff(on=to, zone=row.zone()).ends_at, now + timedelta(days=1))
    exceptions.approve(row, by=person_of(request), now=now, until=until, note=values["note"], to_date=to)


def _approve_by_days(request: HttpRequest, row: CheckoutException, values: dict[str, Any]) -> None:
    to = row.to_date or row.checkout.due_on + timedelta(days=values["days"])
    _approve(request, row, {"to_date": to, "note": values["note"]})


def _revoke(request: HttpRequest, row: CheckoutException, values: dict[str, Any]) -> None:
    by, now, note = person_of(request), now_of(request), values["why"]
    if row.rule == RULE:
        actions.revoke_extension(record_id=row.pk, note=note, by=by, now=now)
    else:
        exceptions.revoke(row, by=by, now=now, note=note)


def _approve_story(request: HttpRequest, row: CheckoutException) -> list[str]:
    return [*story(request, row)[:-2], _("The exercises are then due by that day. Who asked gets a letter.")]


def _revoke_story(request: HttpRequest, row: CheckoutException) -> list[str]:
    if row.rule != RULE:
        return [row.subject_text(), _("What was done under it stands; it cannot be used any more.")]
    return [
        row.subject_text(),
        _("The due date falls back to the latest that remains. Work done after it does not count any more."),
    ]


@admin.register(CheckoutException)
class CheckoutExceptionAdmin(ExceptionAdmin):
    approve_form = ApproveExtensionsForm
    approve_one = staticmethod(_approve_by_days)
    list_select_related = ["checkout__place__training__edition", "checkout__place__booking", "asked_by"]
    search_fields = ["checkout__place__name", "checkout__place__person__email_key", "reason"]
    add_form = EnterExtensionForm
    add_title = gettext_lazy("Give more time for exercises")
    buttons = (
        Button(
            "approve",
            gettext_lazy("Approve…"),
            form=ApproveExtensionForm,
            run=_approve,
            consequence=_approve_story,
            shown=waits,
            initial=lambda request, row: {"to_date": row.default_to_date()},
        ),
        ExceptionAdmin.buttons[1],
        Button(
            "revoke",
            gettext_lazy("Revoke…"),
            form=NoteForm,
            run=_revoke,
            consequence=_revoke_story,
            shown=lambda request, row: row.state == ExceptionState.APPROVED and row.used_at is None,
        ),
    )

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> CheckoutException:
        return actions.extend_checkout(
            checkout_id=values["checkout"].pk, to=values["to"], why=values["why"], by=person_of(request), now=now_of(request)
        )
