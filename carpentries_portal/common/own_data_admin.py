"""Staff's pages of requests about own data, with the buttons that answer them or forget a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import people_requests
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.models import DataRequest, Person
from carpentries_portal.common.models.own_data import DataRequestKind, DataRequestState
from carpentries_portal.common.own_data import describe
from carpentries_portal.common.requests import now_of, person_of


class DoneForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note to who asked"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class DeclineDataForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("Why: who asked reads it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class ForgetForm(NoteForm):
    """`typed`: what cannot be undone is typed, not clicked."""

    keep_verifiable = forms.BooleanField(
        label=gettext_lazy("An issued certificate stays verifiable by its number, without the name"), required=False
    )
    typed = forms.CharField(label=gettext_lazy("Type the address, to be sure"), max_length=254)
    field_order = ["why", "keep_verifiable", "typed"]


def _forget(request: HttpRequest, row: Person, values: dict[str, Any]) -> None:
    if values["typed"].strip().casefold() != row.email.casefold():
        raise people_requests.UnableToForget(_("The address typed is not this person’s."))
    by, now = person_of(request), now_of(request)
    people_requests.forget(person_id=row.pk, keep_verifiable=values["keep_verifiable"], why=values["why"], by=by, now=now)


def forget_story(person: Person) -> list[str]:
    """What forgetting does, and what is held."""
    return [
        f"{person} <{person.email}>",
        _("Names, addresses, answers, files and the texts of letters go, everywhere. It cannot be undone."),
        _("Counts, seats and the journal stay, with a mask in place of the name."),
        *describe(person),
    ]


FORGET = Button(
    "forget",
    gettext_lazy("Forget this person…"),
    form=ForgetForm,
    run=_forget,
    consequence=lambda request, row: forget_story(row),
    shown=lambda request, row: row.forgotten_at is None and row.merged_into_id is None and not row.is_staff,
)


def _answer(done: bool) -> Any:
    def run(request: HttpRequest, row: DataRequest, values: dict[str, Any]) -> None:
        by, now = person_of(request), now_of(request)
        people_requests.answer(request_id=row.pk, done=done, note=values["note"], by=by, now=now)

    return run


def _forget_asked(request: HttpRequest, row: DataRequest, values: dict[str, Any]) -> None:
    _forget(request, row.person, values)


def _asked(row: DataRequest, kind: DataRequestKind | None = None) -> bool:
    return row.state == DataRequestState.ASKED and (kind is None or row.kind == kind)


def _said(request: HttpRequest, row: DataRequest) -> list[str]:
    return [f"{row.person} <{row.person.email}>", row.text or "–", _("Who asked gets a letter.")]


@admin.register(DataRequest)
class DataRequestAdmin(SeenOnlyAdmin):
    list_display = ["asked_at", "person", "kind", "state", "decided_at"]
    list_filter = ["state", "kind", dated("asked_at")]
    list_select_related = ["person"]
    search_fields = ["person__email_key", "person__name"]
    buttons = (
        Button(
            "done",
            gettext_lazy("It is corrected…"),
            form=DoneForm,
            run=_answer(done=True),
            consequence=_said,
            shown=lambda request, row: _asked(row, DataRequestKind.CORRECT),
        ),
        Button(
            "forget",
            gettext_lazy("Forget this person…"),
            form=ForgetForm,
            run=_forget_asked,
            consequence=lambda request, row: forget_story(row.person),
            shown=lambda request, row: _asked(row, DataRequestKind.FORGET),
            initial=lambda request, row: {"keep_verifiable": row.keep_verifiable},
        ),
        Button(
            "decline",
            gettext_lazy("Decline…"),
            form=DeclineDataForm,
            run=_answer(done=False),
            consequence=_said,
            shown=lambda request, row: _asked(row),
        ),
    )
