"""A trainee's own checkout: what is done, what is left and until when; handing in, taking back, asking for more time."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.handbook import Exercise
from carpentries_portal.common.requests import now_of, person_of
from certification import access, actions, policy, queries
from certification.actions import Upload
from certification.certificate_queries import certificates_of
from certification.forms import HandInForm, MoreTimeForm
from certification.models import Checkout
from certification.views.screens import checkout_page
from trainees.models import Place


@login_required
@require_safe
def checkout(request: HttpRequest, place_id: int) -> HttpResponse:
    """The exercises of a place, how each stands, and what to do next; before they begin, what they will be."""
    place, row = access.own_checkout_or_404(place_id, person=request.user)
    application = getattr(place, "application", None)
    finished = application is not None and application.finished_at is not None
    page = checkout_page(place, row, finished=finished, now=now_of(request)) if row is not None else None
    edition = place.training.edition.edition()
    coming = [(exercise, policy.what_counts(exercise.code)) for exercise in edition.exercises]
    context = {
        "place": place,
        "training": place.training,
        "page": page,
        "finished": finished,
        "edition": edition,
        "coming": coming,
        "certificates": certificates_of(place.person_id),
    }
    return render(request, "certification/checkout.html", context)


def _open_or_404(request: HttpRequest, place_id: int) -> tuple[Place, Checkout]:
    place, row = access.own_checkout_or_404(place_id, person=request.user)
    if row is None:
        raise Http404
    return place, row


def _exercise_or_404(place: Place, code: str) -> Exercise:
    found = next((one for one in place.training.edition.edition().exercises if one.code == code), None)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: HttpRequest, place_id: int, exercise: str) -> HttpResponse:
    """Hand in work for one exercise (R26)."""
    place, row = _open_or_404(request, place_id)
    task = _exercise_or_404(place, exercise)
    now = now_of(request)
    facts = queries.facts(row)
    initial = {"done_on": min(today_in(facts.zone, now), facts.due_on)}
    form = HandInForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _handed_in(request, row, task, form):
        return redirect("certification:checkout", place.pk)
    verdict = policy.takes_work_for(facts, exercise=task.code, now=now)
    context = {"place": place, "training": place.training, "exercise": task, "form": form, "verdict": verdict}
    return render(request, "certification/hand_in.html", {**context, "counts": policy.what_counts(task.code), "due": facts.due})


def _handed_in(request: HttpRequest, row: Checkout, task: Exercise, form: HandInForm) -> bool:
    """Call the action; what it cannot take stands in the form."""
    found: UploadedFile | None = form.cleaned_data["file"]
    upload = Upload(name=found.name or "", body=found.read()) if found is not None else None
    values = {name: form.cleaned_data[name] for name in ("done_on", "link", "notes")}
    try:
        actions.hand_in(checkout_id=row.pk, exercise=task.code, upload=upload, by=person_of(request), now=now_of(request), **values)
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return False
    messages.success(request, _("Handed in: %(name)s. You get a letter with the result.") % {"name": task.name})
    return True


@login_required
@require_POST
def take_back(request: HttpRequest, place_id: int, submission_id: int) -> HttpResponse:
    """Take back what waits for its review."""
    place, row = _open_or_404(request, place_id)
    if not row.submissions.filter(pk=submission_id).exists():
        raise Http404
    try:
        actions.take_back(submission_id=submission_id, by=person_of(request), now=now_of(request))
    except UnableTo as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Taken back."))
    return redirect("certification:checkout", place.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def more_time(request: HttpRequest, place_id: int) -> HttpResponse:
    """Ask staff for more time (R28)."""
    place, row = _open_or_404(request, place_id)
    facts = queries.facts(row)
    form = MoreTimeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {"reason": form.cleaned_data["reason"], "to": form.cleaned_data["to"]}
        try:
            actions.ask_extension(checkout_id=row.pk, by=person_of(request), now=now_of(request), **values)
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Asked. You get a letter when staff have decided; until then the date stays."))
            return redirect("certification:checkout", place.pk)
    verdict = policy.ask_for_time(facts, now=now_of(request))
    context = {"place": place, "training": place.training, "form": form, "verdict": verdict, "due": facts.due}
    return render(request, "certification/more_time.html", context)


@login_required
@require_safe
def submission_file(request: HttpRequest, submission_id: int) -> HttpResponse:
    """What was handed in, as a download of no type: it is never shown by the browser under our address."""
    row = access.submission_or_404(submission_id, person=request.user)
    if not row.file or not row.file.storage.exists(row.file.name or ""):
        raise Http404
    with row.file.open("rb") as held:
        answer = HttpResponse(held.read(), content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, row.file_name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer
