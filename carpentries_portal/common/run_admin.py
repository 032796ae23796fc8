"""Staff's pages of runs: having one made now, the report of each, and whether the portal works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from carpentries_portal.common import once
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.preview import preview
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exporting import file_links, record_export, table_answer
from carpentries_portal.common.models import ItemOutcome, Run
from carpentries_portal.common.night_forms import seal, unseal
from carpentries_portal.common.night_frame import frame, needs, subject_url
from carpentries_portal.common.operation import status
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tables import Cell

PER_PAGE = 100
AT_ONCE = 500
REFRESH_SECONDS = 5


@needs("common.run_now")
def run_now(request: HttpRequest) -> HttpResponse:
    """What is due at this moment; the button has just that done, by a worker."""
    now = now_of(request)
    if request.method == "POST" and (row := _asked(request, now)) is not None:
        return redirect("admin:run_report", row.pk)
    found = preview(as_of=now)
    context = {
        "groups": [(group, len([row for row in group.rows if row.hold is None and not row.braked])) for group in found.groups],
        "count": len(found.free),
        "held": found.held,
        "braked": found.braked,
        "seen": seal(found.free),
        "once": once.new_token(request.path),
    }
    return render(request, "admin/portal/run_now.html", frame(request, _("Run now what is due"), **context))


def _asked(request: HttpRequest, now: datetime) -> Run | None:
    shown = unseal(request.POST.get("seen", ""))
    if not shown:
        messages.error(request, _("This page is too old: here is what is due now."))
        return None
    try:
        with transaction.atomic():
            once.claim(request.POST.get("once", ""), form=request.path, now=now)
            return runs.ask(shown, by=person_of(request), now=now)
    except once.DoneAlreadyError:
        messages.info(request, _("This was asked for already, a moment ago."))
        return Run.objects.filter(by=person_of(request), previewed=True).order_by("-pk").first()
    except UnableTo as problem:
        messages.error(request, str(problem))
        return None


OUTCOMES = (
    ItemOutcome.FAILED,
    ItemOutcome.UNCHANGED,
    ItemOutcome.HELD,
    ItemOutcome.BRAKED,
    ItemOutcome.APPLIED,
    ItemOutcome.WAITING,
)


@needs("common.view_run")
def run_report(request: HttpRequest, pk: int) -> HttpResponse:
    """What a run did, what changed between plan and act, and what broke. While it works, the page loads itself again."""
    row = get_object_or_404(Run.objects.select_related("by"), pk=pk)
    counts = dict(row.items.values_list("outcome").annotate(n=Count("pk")).order_by())
    due = row.items.count()
    parts = [
        {"name": outcome.label, "count": counts.get(outcome, 0), "rows": _items(row, outcome) if counts.get(outcome) else []}
        for outcome in OUTCOMES
        if counts.get(outcome) and outcome is not ItemOutcome.FAILED
    ]
    errors = [
        {"error": error, "url": subject_url(error.subject_label, error.subject_id)}
        for error in row.errors.order_by("pk")[:PER_PAGE]
    ]
    done = due - counts.get(ItemOutcome.WAITING, 0)
    context = {"run": row, "parts": parts, "errors": errors, "due": due, "done": done, "shown": PER_PAGE}
    context["files"] = file_links(request, "admin:run_report", pk)
    answer = render(request, "admin/portal/run_report.html", frame(request, _report_title(row, counts), **context))
    if row.finished_at is None:
        answer["Refresh"] = str(REFRESH_SECONDS)
    return answer


COLUMNS = (
    gettext_lazy("Outcome"),
    gettext_lazy("Rule"),
    gettext_lazy("About"),
    gettext_lazy("Its day"),
    gettext_lazy("What it says"),
)


@needs("common.view_run")
@require_GET
def run_file(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """All of a run's report, what broke first, as a file ("csv", "xlsx"); the journal keeps who took it out."""
    row, now = get_object_or_404(Run, pk=pk), now_of(request)
    title, count = _("Run %(n)d") % {"n": pk}, row.errors.count() + row.items.exclude(outcome=ItemOutcome.FAILED).count()
    record_export(title=title, kind=kind, rows=count, narrowed_by=[], by=person_of(request), now=now)
    return table_answer(kind, [str(name) for name in COLUMNS], _cells(row), title=title, now=now)


def _cells(row: Run) -> Iterator[list[Cell]]:
    for error in row.errors.order_by("pk").iterator(chunk_size=AT_ONCE):
        subject = f"{error.subject_label} {error.subject_id}" if error.subject_id else _("the whole rule")
        yield [str(ItemOutcome.FAILED.label), error.rule, subject, None, error.error]
    items = row.items.exclude(outcome=ItemOutcome.FAILED).order_by("outcome", "ends_at", "rule", "subject_id")
    for item in items.iterator(chunk_size=AT_ONCE):
        yield [item.get_outcome_display(), item.rule, item.subject_text, item.cut_off_on, item.sentence]


def _report_title(row: Run, counts: dict[str, int]) -> str:
    at = row.as_of.astimezone(UTC)
    when = {"day": day_text(at.date()), "clock": f"{at:%H:%M}"}
    if row.finished_at is None:
        return _("The run of %(day)s, %(clock)s UTC is not finished") % when
    applied = row.applied if row.planned_at is None else counts.get(ItemOutcome.APPLIED, row.applied)
    return ngettext(
        "The run of %(day)s, %(clock)s UTC did %(n)d thing", "The run of %(day)s, %(clock)s UTC did %(n)d things", applied
    ) % {**when, "n": applied}


def _items(row: Run, outcome: str) -> list[dict[str, Any]]:
    items = row.items.filter(outcome=outcome).order_by("ends_at", "rule", "subject_id")[:PER_PAGE]
    return [{"item": item, "url": subject_url(item.subject_label, item.subject_id)} for item in items]


@needs("common.view_run")
def status_page(request: HttpRequest) -> HttpResponse:
    """Whether the portal works: the last run, the letters, who is at work."""
    found = status(now=now_of(request))
    title = _("Everything works") if found.works else _("Something needs a look")
    return render(request, "admin/portal/status.html", frame(request, title, status=found))
