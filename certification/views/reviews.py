"""Reviewing: the queue, one piece of work after the other."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.exporting import file_links, record_export, table_answer
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.tables import Cell
from certification import access, actions, policy, queries
from certification.forms import ReviewForm
from certification.models import Checkout, Submission
from certification.states import SubmissionState
from certification.views.screens import exercise_word

A_PAGE = 50


def chosen_exercise(request: HttpRequest) -> str:
    """The exercise that the queue is narrowed to, if it names one."""
    named = request.GET.get("exercise", "")
    return named if named in dict(queries.exercise_choices()) else ""


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a review, the oldest due first; own work is left to others."""
    person = access.review_reader_or_404(request.user)
    exercise = chosen_exercise(request)
    rows = queries.to_review(exercise=exercise).exclude(checkout__place__person=person.pk)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    lines = [(row, queries.exercise_name(row.checkout, row.exercise), row.checkout.due()) for row in page]
    context = {"page": page, "lines": lines, "exercise": exercise, "reviews": not access.looks_on(person)}
    context |= {"exercises": queries.exercise_choices(), "files": file_links(request, "certification:queue")}
    return render(request, "certification/queue.html", context)


COLUMNS = (
    gettext_lazy("Handed in (UTC)"),
    gettext_lazy("Who"),
    gettext_lazy("Organization"),
    gettext_lazy("Training"),
    gettext_lazy("Exercise"),
    gettext_lazy("Done"),
    gettext_lazy("Their exercises are due"),
)


@login_required
@require_GET
def queue_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The queue as it is narrowed, as a file ("csv", "xlsx"); the journal keeps who took it out."""
    person, now = access.review_reader_or_404(request.user), now_of(request)
    exercise = chosen_exercise(request)
    found = queries.to_review(exercise=exercise).exclude(checkout__place__person=person.pk)
    title, narrowed = _("Work to review"), ["exercise"] if exercise else []
    record_export(title=title, kind=kind, rows=found.count(), narrowed_by=narrowed, by=person, now=now)
    rows = (_cells(row) for row in found.iterator(chunk_size=500))
    return table_answer(kind, [str(name) for name in COLUMNS], rows, title=title, now=now)


def _cells(row: Submission) -> list[Cell]:
    place = row.checkout.place
    exercise = queries.exercise_name(row.checkout, row.exercise)
    about = [place.name, str(place.booking.membership.organization), place.training.code, exercise]
    return [row.submitted_at, *about, row.done_on, row.checkout.due_on]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, submission_id: int) -> HttpResponse:
    """One piece of work: look at it, say how it is, go on to the next. Staff whose role does not review look at it."""
    allowed = access.reviewer_or_404 if request.method == "POST" else access.review_reader_or_404
    person = allowed(request.user)
    row = access.submission_or_404(submission_id, person=person)
    checkout = Checkout.objects.with_story().get(pk=row.checkout_id)
    form = ReviewForm(request.POST or None, initial={"confirmed_on": row.done_on})
    warning: Verdict | None = None
    if request.method == "POST" and form.is_valid():
        warning = _warning(request, checkout, row, form.cleaned_data)
        if warning is None and _reviewed(request, row, form):
            return _on(request, person)
    context = {**_shown(request, checkout, row), "form": form, "warning": warning, "own": person.pk == checkout.place.person_id}
    context |= {"reviews": not access.looks_on(person)}
    return render(request, "certification/review.html", context)


def _warning(request: HttpRequest, checkout: Checkout, row: Submission, values: dict[str, Any]) -> Verdict | None:
    """What follows from this result and has not been read yet: it closes the checkout, or does not count (P10)."""
    verdict = policy.review(
        queries.facts(checkout),
        queries.work_of(row),
        result=values["result"],
        confirmed_on=values["confirmed_on"],
        now=now_of(request),
    )
    return verdict if verdict.warned and request.POST.get("seen") != verdict.sentence else None


def _reviewed(request: HttpRequest, row: Submission, form: ReviewForm) -> bool:
    values = form.cleaned_data
    try:
        actions.review_submission(
            submission_id=row.pk,
            result=SubmissionState(values["result"]),
            confirmed_on=values["confirmed_on"],
            feedback=values["feedback"],
            by=person_of(request),
            now=now_of(request),
        )
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return False
    messages.success(request, _("Reviewed: %(name)s gets a letter.") % {"name": row.checkout.place.name})
    return True


def _on(request: HttpRequest, person: Person) -> HttpResponse:
    """To the next of the queue, as it was narrowed; to the queue when nothing waits any more."""
    exercise = chosen_exercise(request)
    following = queries.to_review(exercise=exercise).exclude(checkout__place__person=person.pk).first()
    more = f"?exercise={exercise}" if exercise else ""
    url = reverse("certification:review", args=[following.pk]) if following else reverse("certification:queue")
    return redirect(url + more)


def _shown(request: HttpRequest, checkout: Checkout, row: Submission) -> dict[str, Any]:
    """The work, the attempts before it, and how the person stands."""
    attempts = list(Submission.objects.filter(checkout=checkout.pk).select_related("reviewed_by").order_by("-submitted_at", "-pk"))
    found = queries.facts_of(checkout, attempts)
    return {
        "submission": row,
        "checkout": checkout,
        "place": checkout.place,
        "training": checkout.place.training,
        "exercise": queries.exercise_name(checkout, row.exercise),
        "counts": policy.what_counts(row.exercise),
        "waits": row.state == SubmissionState.SUBMITTED and found.under_way,
        "others": [(one, exercise_word(found, one.code)) for one in found.exercises],
        "before": [one for one in attempts if one.exercise == row.exercise and one.pk != row.pk],
        "due": found.due,
        "late": row.done_on > found.due_on,
        "verdict": policy.finish_in_time(found, now=now_of(request)),
        "narrowed": chosen_exercise(request),
    }
