"""Staff's pages of letters: the log, each letter in full, the catalogue of all there are; sent again, taken back, tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated, named
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.letters_words import BY_CODE, words_of
from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import again
from carpentries_portal.common.notices.composing import Draft, is_test, look_at
from carpentries_portal.common.notices.registry import CATALOGUE
from carpentries_portal.common.requests import now_of, person_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of letter in the catalogue: what it is called, how many there are by state, the newest."""

    code: str
    name: str
    to: str
    when: str
    sent: int
    waiting: int
    failed: int
    newest: int | None

    @property
    def title(self) -> str:
        """What people call it: "trainings.booking_confirmed" is the booking confirmed."""
        return self.name.rpartition(".")[2].replace("_", " ")


def kinds() -> list[Kind]:
    """Every registered letter, in the handbook's order. Two queries."""
    sent, failed = Q(state=NoticeState.SENT), Q(state=NoticeState.FAILED)
    waiting = Q(state__in=[NoticeState.QUEUED, NoticeState.SENDING])
    rows = Notice.objects.values("letter").annotate(
        sent=Count("pk", filter=sent), waiting=Count("pk", filter=waiting), failed=Count("pk", filter=failed), newest=Max("pk")
    )
    counts: dict[str, Any] = {row["letter"]: row for row in rows}
    found = []
    for letter in CATALOGUE.letters.values():
        to, when = words_of(letter.name, letter.code)
        row = counts.get(letter.name, {"sent": 0, "waiting": 0, "failed": 0, "newest": None})
        many = (row["sent"], row["waiting"], row["failed"])
        found.append(Kind(letter.code, letter.name, to, when, *many, row["newest"]))
    order = list(BY_CODE)
    return sorted(found, key=lambda kind: (order.index(kind.code) if kind.code in order else len(order), kind.name))


# the letter's HTML as a mail reader shows it: its styles stand in its elements, everything else is shut off
SANDBOX: Any = csp({"default-src": [NONE], "style-src": [UNSAFE_INLINE], "sandbox": ["allow-top-navigation-by-user-activation"]})


class SureForm(forms.Form):
    """Nothing to fill in: the consequence is read, and the button pressed."""


def _taken_back(request: HttpRequest, row: Notice, values: dict[str, Any]) -> None:
    again.take_back(notice_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _repeatable(row: Notice) -> bool:
    return not again.has_secret(row) and not is_test(row) and not again.is_empty(row)


BUTTONS = (
    Button(
        "again",
        gettext_lazy("Send again…"),
        form=SureForm,
        run=lambda request, row, values: again.send_again(notice_id=row.pk, by=person_of(request), now=now_of(request)),
        consequence=lambda request, row: [
            _("To %(to)s: what the letter says is made anew, as it is true now, with a fresh link.")
            % {"to": row.to_person.email if row.to_person else row.to_address},
            _("The log keeps both. If it would say what is true no longer, it does not leave, and the log says why."),
        ],
        shown=lambda request, row: row.state in again.GONE and _repeatable(row),
    ),
    Button(
        "back",
        gettext_lazy("Take back…"),
        form=NoteForm,
        run=_taken_back,
        consequence=lambda request, row: [_("It does not leave. The reason stands in the log.")],
        shown=lambda request, row: row.state == NoticeState.QUEUED,
    ),
    Button(
        "test",
        gettext_lazy("Send it to me as a test…"),
        form=SureForm,
        run=lambda request, row, values: again.send_test(notice_id=row.pk, by=person_of(request), now=now_of(request)),
        consequence=lambda request, row: [
            _("To %(to)s, marked as a test, as it would leave now. Nobody’s personal link is in it, and nobody else gets it.")
            % {"to": person_of(request).email}
        ],
        shown=lambda request, row: _repeatable(row),
    ),
)


def _codes() -> list[tuple[str, str]]:
    """The handbook's codes, in its order."""
    codes = {letter.code for letter in CATALOGUE.letters.values()}
    return [(code, code) for code in sorted(codes, key=lambda code: (len(code), code))]


@admin.register(Notice)
class NoticeAdmin(SeenOnlyAdmin):
    """The log: whom we wrote what, when, and how it went."""

    list_display = ["due_at", "code", "letter", "to_address", "state", "subject_line", "sent_at"]
    list_filter = ["state", dated("due_at"), named("code", gettext_lazy("letter"), _codes)]
    search_fields = ["to_key", "subject_line"]
    list_select_related = ["to_person"]
    buttons = BUTTONS
    change_form_template = "admin/portal/letter.html"
    change_list_template = "admin/portal/letter_list.html"
    fields = ["code", "letter", "to_address", "state", "error", "queued_at", "due_at", "sent_at", "attempts"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [str(name) for name in self.fields]

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """The log of one person, and of one subject, by links from their pages."""
        return lookup in {"letter", "to_person", "subject_label", "subject_id"} or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("catalogue/", view(self.catalogue), name="common_notice_catalogue"),
            path("<int:pk>/html/", view(SANDBOX(self.as_html)), name="common_notice_html"),
            *super().get_urls(),
        ]

    def catalogue(self, request: HttpRequest) -> HttpResponse:
        """All letters there are: to whom, when, how many left, and the newest of each to look at."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("The letters, and when they leave"),
            "kinds": kinds(),
        }
        return TemplateResponse(request, "admin/portal/letters.html", context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if isinstance(row, Notice) and self.has_view_permission(request, row):
            more = {
                "letter": _shown(row, request),
                "has_left": row.state == NoticeState.SENT,
                "html_url": reverse("admin:common_notice_html", args=[row.pk]),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def as_html(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter's HTML as it would leave now."""
        row = self.get_object(request, str(pk))
        if not isinstance(row, Notice) or not self.has_view_permission(request, row):
            raise Http404
        draft = look_at(row, now=now_of(request))
        kind = "text/plain; charset=utf-8" if draft.problem else "text/html; charset=utf-8"
        return HttpResponse(draft.problem or draft.html, content_type=kind)


def _shown(row: Notice, request: HttpRequest) -> Draft:
    """As it left, as the log keeps it; else as it would leave now, or why it cannot."""
    if row.state == NoticeState.SENT:
        return Draft(row.subject_line, row.body)
    return look_at(row, now=now_of(request))
