"""A training's videoconference reports, for its trainers and staff: read, matched by people, laid beside the roll call (P9)."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.requests import now_of, person_of
from trainees import access, actions, queries
from trainees import evidence_queries as reads
from trainees.evidence_forms import ReportForm
from trainees.views.evidence_lines import board_of, choices_of, decision_of, form_of, rows_by_id
from trainings.models import Training


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest, code: str) -> HttpResponse:
    """What reports say, and whose connections they are. POST imports, decides, confirms, removes, or takes over: each a person's act."""
    keeper = access.roll_call_or_404(code, person=request.user, acting=request.method == "POST")
    training = keeper.training
    done, _dash, number = request.POST.get("do", "").partition("-")
    act = {"import": _import, "keep": _keep, "certain": _certain, "remove": _remove, "take": _take}.get(done)
    if act is None:
        return _page(request, training, acts=keeper.acts)
    return act(request, training, _id(number))


def _id(text: str) -> int:
    """An id that was sent; 0, which nothing has, for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _form(request: HttpRequest, training: Training, *, sent: bool) -> ReportForm:
    names = [(report.pk, report.file_name) for report in training.evidence_reports.order_by("pk")]
    data = (request.POST, request.FILES) if sent else (None, None)
    return ReportForm(*data, zone=training.zone, reports=names)


def _import(request: HttpRequest, training: Training, _number: int) -> HttpResponse:
    form = _form(request, training, sent=True)
    if not form.is_valid():
        return _page(request, training, form=form)
    file, zone, replaces = form.cleaned_data["file"], form.cleaned_data["zone"], form.cleaned_data.get("replaces")
    by, now = person_of(request), now_of(request)
    try:
        report = actions.import_report(
            training_id=training.pk, content=file.read(), file_name=file.name, zone=zone, by=by, now=now, replaces=replaces
        )
    except actions.UnableToImportReport as problem:
        form.add_error("file", str(problem))
        return _page(request, training, form=form, unread=problem.problems)
    n = report.connections.filter(waiting=False).count()
    text = ngettext("%(n)d connection was read.", "%(n)d connections were read.", n) % {"n": n}
    messages.success(request, text + " " + _("Nothing counts until somebody has said whose they are."))
    return redirect("trainees:evidence", training.code)


def _keep(request: HttpRequest, training: Training, _number: int) -> HttpResponse:
    """What was chosen on the page, all of it or nothing."""
    rows = rows_by_id(reads.reports_of(training))
    choices = choices_of(queries.roll_call(training))
    shown = [_id(text) for text in request.POST.getlist("shown")]
    if any(pk not in rows for pk in shown):
        return _page(request, training, problem=_("A report was removed or replaced meanwhile: look again."))
    forms = {pk: form_of(rows[pk], choices, request.POST) for pk in shown}
    if not all(form.is_valid() for form in forms.values()):
        return _page(request, training, sent=True, problem=_("Nothing was kept: look at the lines that are marked."))
    decisions = {pk: said for pk, form in forms.items() if (said := decision_of(rows[pk], form)) is not None}
    by, now = person_of(request), now_of(request)
    try:
        n = actions.decide_connections(training_id=training.pk, decisions=decisions, by=by, now=now)
    except UnableTo as problem:
        return _page(request, training, sent=True, problem=str(problem))
    messages.success(request, ngettext("%(n)d decision was kept.", "%(n)d decisions were kept.", n) % {"n": n})
    return redirect("trainees:evidence", training.code)


def _certain(request: HttpRequest, training: Training, number: int) -> HttpResponse:
    try:
        n = actions.confirm_certain(report_id=number, training_id=training.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return _page(request, training, problem=str(problem))
    messages.success(request, ngettext("%(n)d connection was confirmed.", "%(n)d connections were confirmed.", n) % {"n": n})
    return redirect("trainees:evidence", training.code)


def _remove(request: HttpRequest, training: Training, number: int) -> HttpResponse:
    try:
        actions.remove_report(report_id=number, training_id=training.pk, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return _page(request, training, problem=str(problem))
    messages.success(request, _("Removed, with all that was read of it. Marks in the roll call stay as they are."))
    return redirect("trainees:evidence", training.code)


def _take(request: HttpRequest, training: Training, _number: int) -> HttpResponse:
    chosen, seen = [_id(text) for text in request.POST.getlist("take")], request.POST.get("seen", "")
    try:
        n = actions.take_over(training_id=training.pk, place_ids=chosen, seen=seen, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        return _page(request, training, problem=str(problem))
    text = ngettext("The roll call of %(n)d person was written.", "The roll call of %(n)d people was written.", n) % {"n": n}
    messages.success(request, text + " " + _("It is not confirmed by that."))
    return redirect("trainees:evidence", training.code)


def _page(
    request: HttpRequest, training: Training, *, form: ReportForm | None = None, sent: bool = False, **more: Any
) -> HttpResponse:
    reports, teams = reads.reports_of(training), queries.roll_call(training)
    page, change = request.GET.get("page", ""), request.GET.get("change", "")
    board = board_of(training, reports, teams, page=page, change=change, sent=request.POST if sent else None)
    remove = _id(request.GET.get("remove", ""))
    context = {
        "training": training,
        "board": board,
        "sheet": reads.sheet(training, teams=teams),
        "form": form or ReportForm(zone=training.zone, reports=[(report.pk, report.file_name) for report in reports]),
        "removing": next((card for card in board.reports if card.report.pk == remove), None),
        "kept_until": reads.kept_until(training),
        "begun": training.has_begun(now_of(request)),
        "edition": training.edition.edition(),
        "acts": True,  # who sent something does
        **more,
    }
    return render(request, "trainees/evidence.html", context)
