"""Staff's pages of editions: the numbers in words with what is bound to them, a new one with its preview, one withdrawn before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import edition_words, editions
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.beside import Item, Section, stand_beside
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.edition_forms import EditionForm
from carpentries_portal.common.handbook import Edition
from carpentries_portal.common.models import EditionRecord
from carpentries_portal.common.requests import now_of, person_of


def _span(edition: Edition) -> str:
    """From when to when it will be in force."""
    text = _("“%(name)s” is in force from %(day)s on") % {"name": edition.name, "day": day_text(edition.in_force_from)}
    after = EditionRecord.objects.filter(in_force_from__gt=edition.in_force_from).order_by("in_force_from").first()
    if after is None:
        return f"{text}."
    last = day_text(after.in_force_from - timedelta(days=1))
    return _("%(text)s to %(last)s, for “%(after)s” begins then.") % {"text": text, "last": last, "after": after.name}


def preview(edition: Edition) -> list[str]:
    """What a new edition will change: the rules, old and new, and what will be bound to which."""
    before = editions.in_force(edition.in_force_from)
    changes = edition_words.changes(before, edition) or [_("No number differs from “%(name)s”.") % {"name": before.name}]
    compared = _("It follows “%(name)s”, in force from %(day)s.") % {"name": before.name, "day": day_text(before.in_force_from)}
    bound = [line for binding in editions.BINDINGS for line in binding.foreseen(edition)]
    return [_span(edition), compared, *changes, *bound, _("No date that was announced moves. It can be withdrawn until it begins.")]


def _withdraw(request: HttpRequest, row: EditionRecord, values: dict[str, Any]) -> None:
    editions.withdraw_edition(row, why=values["why"], by=person_of(request), now=now_of(request))


def _instead(request: HttpRequest, row: EditionRecord) -> list[str]:
    before = EditionRecord.objects.filter(in_force_from__lt=row.in_force_from).order_by("-in_force_from").first()
    text = _("“%(name)s” never begins: “%(before)s” stays in force. Nothing is bound to it. The journal keeps its numbers.")
    return [text % {"name": row, "before": before}]


def _bound(request: HttpRequest, row: EditionRecord) -> Section:
    items = [Item(f"{title}: {count}") for title, count in editions.bound_to(row)]
    return Section(_("What is bound to it"), items)


def _numbers(number: int) -> Any:
    def read(request: HttpRequest, row: EditionRecord) -> Section:
        title, lines = edition_words.said(row.edition())[number]
        return Section(title, [Item(str(line)) for line in lines])

    return read


stand_beside("common.editionrecord", _bound)
for _number in range(len(edition_words.GROUPS)):
    stand_beside("common.editionrecord", _numbers(_number))


@admin.register(EditionRecord)
class EditionAdmin(SeenOnlyAdmin):
    """An edition is never edited: a new one is published, and one that is not in use withdrawn."""

    list_display = ["name", "in_force_from", "added_at"]
    ordering = ["-in_force_from"]
    fields = ["name", "in_force_from", "added_at"]
    add_form = EditionForm
    add_title = gettext_lazy("Publish an edition")
    add_template = "admin/portal/edition_add.html"
    buttons = (
        Button(
            "withdraw",
            gettext_lazy("Withdraw…"),
            form=NoteForm,
            run=_withdraw,
            consequence=_instead,
            shown=lambda request, row: editions.may_be_withdrawn(row, now=now_of(request)),
            ends_row=True,
        ),
    )

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> EditionRecord:
        return editions.publish_edition(values["edition"], by=person_of(request), now=now_of(request))

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        editions.must_be_publishable(values["edition"], now=now_of(request))
        return preview(values["edition"])
