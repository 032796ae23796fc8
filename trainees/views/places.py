"""A trainee's own pages: the place, its application, its calendar file."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.requests import now_of, person_of
from trainees import access, actions, policy, request_queries
from trainees.actions.applications import ANSWERS
from trainees.forms import ApplicationForm
from trainees.models import Application, Place
from trainings.documents import ics_for_training
from trainings.policy import room_link
from trainings.queries import agenda_days
from trainings.states import TrainingState


def _application(place: Place) -> Application | None:
    return getattr(place, "application", None)


@login_required
@require_safe
def place(request: HttpRequest, place_id: int) -> HttpResponse:
    """What to do now, when and where to be, what to read and bring."""
    row = access.own_place_or_404(place_id, person=request.user)
    application = _application(row)
    edition = row.training.edition.edition()
    context = {
        "place": row,
        **_seat(row, now=now_of(request)),
        "training": row.training,
        "booking": row.booking,
        "active": access.is_active(row),
        "application": application,
        "finished": application is not None and application.finished_at is not None,
        "agenda": agenda_days(row.training),
        "begun": row.training.has_begun(now_of(request)),
        "over": row.training.ends_at <= now_of(request),
        "cancelled": row.training.state == TrainingState.CANCELLED,
        "edition": edition,
    }
    return render(request, "trainees/place.html", context)


def _seat(place: Place, *, now: datetime) -> dict[str, object]:
    """What R14 says, and who takes part alone by an exception gets the link from the day on which a room gets it (R24)."""
    if not place.remote:
        return {}
    alone = request_queries.alone_verdict(place, now=now)
    asked = request_queries.alone_requests([place.pk]).get(place.pk) if alone.refused else None
    waits = asked is not None and asked.state == ExceptionState.ASKED
    link = room_link(place.training.facts(seats_booked=0), now=now)
    return {"alone": alone, "alone_asked": waits, "link": link, "sees_link": not alone.refused and not link.refused}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def application(request: HttpRequest, place_id: int) -> HttpResponse:
    """The application (R17): saved as one goes, finished when nothing is missing."""
    row = access.own_place_or_404(place_id, person=request.user)
    known = _application(row)
    form = ApplicationForm(request.POST or None, initial=_initial(row, known))
    if request.method == "POST" and form.is_valid():
        answers = {name: form.cleaned_data[name] for name in ANSWERS}
        try:
            saved = actions.save_application(
                place_id=row.pk, answers=answers, agreed=form.cleaned_data["agreed"], by=person_of(request), now=now_of(request)
            )
        except UnableTo as problem:
            form.add_error(None, str(problem))
        else:
            if request.POST.get("do") == "keep":  # by the page itself, as one goes
                return _application_page(request, row, saved, form)
            done = saved.finished_at is not None
            messages.success(
                request, _("Your application is complete. Thank you!") if done else _("Saved. Go on whenever you like.")
            )
            return redirect("trainees:place" if done else "trainees:application", row.pk)
    return _application_page(request, row, known, form)


def _initial(place: Place, known: Application | None) -> dict[str, object]:
    """What was saved; else what the last application of this person said, and the name on the list."""
    last = known or Application.objects.filter(place__person=place.person_id).order_by("-saved_at").first()
    if last is None:
        return {"certificate_name": place.name, "affiliation": place.booking.membership.organization.name}
    return {name: getattr(last, name) for name in ANSWERS} | {"agreed": known is not None and known.agreed_at is not None}


def _application_page(request: HttpRequest, place: Place, known: Application | None, form: ApplicationForm) -> HttpResponse:
    missing = list(policy.REQUIRED)
    if known is not None:
        missing = policy.missing({name: getattr(known, name) for name in ANSWERS} | {"agreed": known.agreed_at})
    finished = known is not None and known.finished_at is not None
    verdict = policy.may_change(
        finished=finished, active=access.is_active(place), begins_at=place.training.starts_at, now=now_of(request)
    )
    context = {
        "place": place,
        "form": form,
        "finished": finished,
        "verdict": verdict,
        "answered": len(policy.REQUIRED) - len(missing),
        "needed": len(policy.REQUIRED),
        "missing": [form.fields[name].label for name in missing] if known is not None else [],
    }
    return render(request, "trainees/application.html", context)


@login_required
@require_safe
def place_ics(request: HttpRequest, place_id: int) -> HttpResponse:
    """The training's days as an iCalendar file."""
    row = access.own_place_or_404(place_id, person=request.user)
    calendar = ics_for_training(row.training, now=now_of(request), gone=not access.is_active(row))
    answer = HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.training.code}.ics"'
    return answer
