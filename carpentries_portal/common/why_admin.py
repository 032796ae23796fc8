"""Staff's page "Why?": all that happened to one thing, newest first, as of now or of the end of a past day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from carpentries_portal.common import why
from carpentries_portal.common.dates import CutOff, day_text, today_in, zone_city
from carpentries_portal.common.exporting import file_links, record_export, table_answer
from carpentries_portal.common.fields import DayField
from carpentries_portal.common.night_frame import frame, subject_url
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tables import Cell


class WhyForm(forms.Form):
    """What the page is narrowed to; nothing of it is needed."""

    on = DayField(label=gettext_lazy("As it stood at the end of"), required=False)
    only = forms.ChoiceField(
        label=gettext_lazy("Show"), required=False, choices=[("", gettext_lazy("everything")), *why.GROUPS.items()]
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date | None:
        on: date | None = self.cleaned_data["on"]
        if on is not None and on > self.today:
            raise forms.ValidationError(_("That day is still to come: what stands here is all so far."))
        return on


def zone_words(zone: str) -> str:
    return "UTC" if zone == "UTC" else _("%(city)s time") % {"city": zone_city(zone)}


def row_of(line: why.Line, zone: str) -> dict[str, Any]:
    """A line with its hour in the subject's zone and in UTC."""
    there, utc = line.at.astimezone(ZoneInfo(zone)), line.at.astimezone(UTC)
    words = _("%(day)s, %(clock)s %(zone)s")
    here = words % {"day": day_text(there.date()), "clock": f"{there:%H:%M}", "zone": zone_words(zone)}
    return {"line": line, "here": here, "utc": "" if zone == "UTC" else f"{utc:%Y-%m-%d %H:%M} UTC"}


def balance_of(story: why.Story, until: datetime | None) -> list[tuple[str, int]]:
    return list(story.balance(until)) if story.balance is not None else []


def _asked(request: HttpRequest, kind: str, pk: int) -> tuple[why.Kind, why.Story]:
    """Raises Http404 where there is no such thing, PermissionDenied for who does not see it."""
    told = why.KINDS.get(kind)
    if told is None:
        raise Http404
    if not person_of(request).has_perm(told.permission):
        raise PermissionDenied
    story = told.story(pk)
    if story is None:
        raise Http404
    return told, story


def _until(on: date | None, story: why.Story) -> datetime | None:
    return CutOff(on=on, zone=story.zone).ends_at if on is not None else None


def why_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The timeline of one thing, and its seats by account, from ledger and journal: never from how it stands now."""
    told, story = _asked(request, kind, pk)
    form = WhyForm(request.GET, today=today_in(story.zone, now_of(request)))
    form.full_clean()
    values = form.cleaned_data
    on = values.get("on")
    until = _until(on, story)
    found = why.timeline(story, until=until, group=values.get("only", ""), page=values.get("page") or 1)
    context = frame(
        request,
        _("Why? %(title)s") % {"title": story.title},
        story=story,
        subject_url=subject_url(told.model._meta.label_lower, pk),
        form=form,
        on=on,
        zone=zone_words(story.zone),
        rows=[row_of(line, story.zone) for line in found.lines],
        balance=balance_of(story, until),
        newer_url=page_url(request, found.page - 1) if found.page > 1 else "",
        older_url=page_url(request, found.page + 1) if found.older else "",
        files=file_links(request, "admin:why", kind, pk),
    )
    return render(request, "admin/portal/why.html", context)


@require_GET
def why_file(request: HttpRequest, subject: str, pk: int, kind: str) -> HttpResponseBase:
    """The whole timeline as it is narrowed, as a file ("csv", "xlsx"); the journal keeps who took it out."""
    _told, story = _asked(request, subject, pk)
    now = now_of(request)
    form = WhyForm(request.GET, today=today_in(story.zone, now))
    form.full_clean()
    until, group = _until(form.cleaned_data.get("on"), story), form.cleaned_data.get("only", "")
    rows = [_cells(line) for line in why.whole(story, until=until, group=group)]
    title, narrowed = (
        _("Why %(subject)s %(n)d") % {"subject": subject, "n": pk},
        sorted(name for name in ("on", "only") if form.cleaned_data.get(name)),
    )
    record_export(title=title, kind=kind, rows=len(rows), narrowed_by=narrowed, by=person_of(request), now=now)
    return table_answer(kind, [str(name) for name in COLUMNS], rows, title=title, now=now)


COLUMNS = (
    gettext_lazy("When (UTC)"),
    gettext_lazy("What"),
    gettext_lazy("State"),
    gettext_lazy("Changes"),
    gettext_lazy("Why"),
    gettext_lazy("Who"),
    gettext_lazy("Rule"),
    gettext_lazy("Edition"),
)


def _cells(line: why.Line) -> list[Cell]:
    who = line.who or _("the portal itself")
    return [line.at, line.what, line.state, "; ".join(line.changes), line.why, who, line.rule, line.edition]


def page_url(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"
