"""Each list of admin as CSV and Excel: its columns, with its filters, its search and its order, for whoever sees it."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR, ChangeList
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DataError, models, transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

from carpentries_portal.common import journal, tables
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tables import Cell

BATCH = 1000
"""Rows that are read at once."""
OF_A_PAGE = (PAGE_VAR, ALL_VAR, ERROR_FLAG)
"""What an address of a list says of its page: a file has all pages."""


class ExportedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """A list that can be taken out as it is narrowed, searched and sorted."""

    change_list_template = "admin/portal/change_list.html"
    not_exported: ClassVar[Sequence[str]] = ()
    """Columns that only lead somewhere."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}"
        views = {kind: self.admin_site.admin_view(self._exporter(kind)) for kind in tables.KINDS}
        return [*(path(f"list.{kind}", view, name=f"{name}_{kind}") for kind, view in views.items()), *super().get_urls()]

    def _exporter(self, kind: str) -> Callable[[HttpRequest], HttpResponse]:
        return lambda request: self.export_list(request, kind)

    def export_list(self, request: HttpRequest, kind: str) -> Any:
        """The file. Who took it out stands in the journal; what was searched for does not, for it may name somebody."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.GET.copy()
        for name in OF_A_PAGE:
            query.pop(name, None)
        request.GET = query  # type: ignore[assignment]  # a copy, so that the list reads no page from it
        try:
            shown = self.get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError):
            messages.error(request, _("There is no such row or day: the list is shown from its beginning."))
            return redirect(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist")
        title, now = str(self.model._meta.verbose_name_plural), now_of(request)
        record_export(
            title=title, kind=kind, rows=shown.queryset.count(), narrowed_by=sorted(query), by=person_of(request), now=now
        )
        return table_answer(kind, self._columns(shown), self._rows(shown), title=title, now=now)

    def _names(self, shown: ChangeList) -> list[Any]:
        return [name for name in shown.list_display if name != "action_checkbox" and name not in self.not_exported]

    def _columns(self, shown: ChangeList) -> list[str]:
        """What the columns are called; a column of instants says in which zone they are."""
        instants = {field.name for field in self.model._meta.fields if isinstance(field, models.DateTimeField)}
        labels = [(name, capfirst(str(label_for_field(name, self.model, self)))) for name in self._names(shown)]
        return [_("%(label)s (UTC)") % {"label": label} if name in instants else label for name, label in labels]

    def _rows(self, shown: ChangeList) -> Iterator[list[Cell]]:
        """Row by row as the database gives them. The number of queries is that of the list, and one for a batch that is prefetched."""
        names = self._names(shown)
        for row in shown.queryset.iterator(chunk_size=BATCH):
            yield [self._cell(row, name) for name in names]

    def _cell(self, row: models.Model, name: Any) -> Cell:
        """What the list shows in it, as a value: words of choices, text without its markup."""
        try:
            field, _attribute, value = lookup_field(name, row, self)
        except ObjectDoesNotExist:
            return None
        if value is not None and (words := getattr(field, "flatchoices", None)):
            value = dict(words).get(value, value)
        if isinstance(value, SafeString):
            value = html.unescape(strip_tags(value))
        return value if value is None or isinstance(value, bool | int | date | datetime) else str(value)


def table_answer(
    kind: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str, now: datetime
) -> FileResponse | StreamingHttpResponse:
    """A table as a file of its kind ("csv", "xlsx"), named by its title and the day."""
    answer: FileResponse | StreamingHttpResponse
    if kind == "csv":
        answer = StreamingHttpResponse(tables.csv_bits(header, rows))
    else:
        answer = FileResponse(tables.xlsx_file(header, rows, title=title))
    answer["Content-Type"] = tables.KINDS[kind]
    answer["Content-Disposition"] = f'attachment; filename="{slugify(title)}-{now:%Y-%m-%d}.{kind}"'
    return answer


def file_links(request: HttpRequest, name: str, *args: Any) -> list[tuple[str, str]]:
    """A page's files, as it is narrowed: what each is called, and its address. `name`: of the route, without "_csv" and "_xlsx"."""
    query = request.GET.copy()
    query.pop("page", None)
    more = f"?{query.urlencode()}" if query else ""
    return [(kind.upper(), reverse(f"{name}_{kind}", args=args) + more) for kind in tables.KINDS]


def file_routes(route: str, view: Callable[..., HttpResponseBase], *, name: str) -> list[URLPattern]:
    """A route for each kind of file ("queue/list.{kind}"); the view gets the `kind`."""
    return [path(route.format(kind=kind), view, {"kind": kind}, name=f"{name}_{kind}") for kind in tables.KINDS]


def record_export(*, title: str, kind: str, rows: int, narrowed_by: Sequence[str], by: Person, now: datetime) -> None:
    """The journal keeps who took which list out."""
    with transaction.atomic():
        why = _("The list “%(title)s” was taken out as %(kind)s.") % {"title": title, "kind": kind.upper()}
        new = {"rows": rows, "narrowed_by": list(narrowed_by)}
        journal.record(what="list_exported", now=now, by=by, why=why, about=[by], new=new)
