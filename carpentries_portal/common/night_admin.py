"""Staff's pages of the night: what it will do, each letter of it, and holding one thing back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import once
from carpentries_portal.common.dates import day_text, zone_city
from carpentries_portal.common.enforcement import holds, runs
from carpentries_portal.common.enforcement.preview import Preview, name_of, preview, summary
from carpentries_portal.common.enforcement.rehearsal import look, rehearse
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Hold
from carpentries_portal.common.night_forms import AHEAD, HoldForm, NightForm, night_of
from carpentries_portal.common.night_frame import frame, needs, subject_url
from carpentries_portal.common.requests import now_of, person_of

SHOWN = 10  # rows of a rule on the first page
PER_PAGE = 100


def _night(request: HttpRequest) -> tuple[NightForm, date]:
    """The night that was asked for, else the next one."""
    now = now_of(request)
    upcoming = (runs.latest_due(now) + timedelta(days=1)).date()
    form = NightForm(request.GET if "on" in request.GET else None, today=now.date(), initial={"on": upcoming})
    return form, form.cleaned_data["on"] if form.is_valid() else upcoming


def _instants(on: date, now: datetime) -> tuple[datetime, datetime | None]:
    """When that night acts, and the night before it, if that one is still to come."""
    as_of, before = max(now, night_of(on)), night_of(on - timedelta(days=1))
    return as_of, before if before > now else None


@needs("common.view_run")
def tonight(request: HttpRequest) -> HttpResponse:
    """The plan of a night, grouped by rule; of one rule alone, all of it, in pages. Writes nothing."""
    now = now_of(request)
    form, on = _night(request)
    as_of, before = _instants(on, now)
    found = preview(as_of=as_of, after=before)
    only = request.GET.get("rule", "")
    groups = [group for group in found.groups if not only or group.rule == only]
    context = {
        "form": form,
        "on": on,
        "as_of": as_of,
        "summary": summary(found) if found.held or found.braked or found.broken else "",
        "preview": found,
        "only": only,
        "groups": [_group(request, group, on=on, only=only) for group in groups],
        "previous": on - timedelta(days=1) if on > now.date() else None,
        "next": on + timedelta(days=1) if on < now.date() + timedelta(days=AHEAD) else None,
        "may_run": person_of(request).has_perm("common.run_now"),
    }
    return render(request, "admin/portal/night.html", frame(request, _night_title(found, on, now), **context))


def _night_title(found: Preview, on: date, now: datetime) -> str:
    count = len(found.free)
    night = _("Tonight") if night_of(on) == runs.latest_due(now) + timedelta(days=1) else day_text(on)
    if not count:
        return _("%(night)s: nothing would be done") % {"night": night}
    return ngettext("%(night)s: %(n)d thing would be done", "%(night)s: %(n)d things would be done", count) % {
        "night": night,
        "n": count,
    }


def _group(request: HttpRequest, group: Any, *, on: date, only: str) -> dict[str, Any]:
    """A rule's rows, cut to what the page shows, with where each leads."""
    page = Paginator(group.rows, PER_PAGE if only else SHOWN).get_page(request.GET.get("page") if only else 1)
    may_hold, query = person_of(request).has_perm("common.add_hold"), urlencode({"on": on.isoformat()})
    rows = []
    for row in page:
        where = [row.action.rule, row.action.subject_id]
        letters, hold = (f"{reverse(name, args=where)}?{query}" for name in ("admin:tonight_letters", "admin:tonight_hold"))
        rows.append(
            {
                "row": row,
                "url": subject_url(row.action.label, row.action.subject_id),
                "letters": letters if row.hold is None or isinstance(row.hold, Hold) else "",  # the rule's own hold: nothing is due
                "hold": hold if may_hold and row.hold is None else "",
            }
        )
    broken = [{"problem": one, "url": subject_url(one.label, one.subject_id)} for one in group.broken]
    all_url = f"?{urlencode({'on': on.isoformat(), 'rule': group.rule})}"
    return {"group": group, "rows": rows, "page": page, "broken": broken, "all_url": all_url}


@needs("common.view_run")
def tonight_letters(request: HttpRequest, rule: str, pk: int) -> HttpResponse:
    """One action of a night, and each letter that would leave by it, in full. Writes nothing."""
    _form, on = _night(request)
    as_of, _before = _instants(on, now_of(request))
    found = rehearse(rule=rule, subject_id=pk, now=as_of)
    if found.action is None:
        raise Http404
    context = {
        "found": found,
        "action": found.action,
        "name": name_of(rule),
        "url": subject_url(found.action.label, pk),
        "on": on,
        "as_of": as_of,
    }
    return render(request, "admin/portal/night_letters.html", frame(request, found.action.subject_text, **context))


@needs("common.add_hold")
def tonight_hold(request: HttpRequest, rule: str, pk: int) -> HttpResponse:
    """Hold one thing to the end of a day, with a reason."""
    now = now_of(request)
    _form, on = _night(request)
    as_of, _before = _instants(on, now)
    action = look(rule=rule, subject_id=pk, now=as_of)
    if action is None:
        raise Http404
    latest = holds.latest_day(action, now)
    form = HoldForm(request.POST or None, initial={"until_on": min(latest, on + timedelta(days=14))})
    if request.method == "POST" and form.is_valid() and _held(request, form, rule=rule, pk=pk, as_of=as_of):
        return redirect(f"{reverse('admin:tonight')}?{urlencode({'on': on.isoformat()})}")
    consequence = [
        f"{name_of(rule).capitalize()} ({rule}): {action.verdict.sentence}",
        _(
            "The run leaves it alone to the end of that day, %(zone)s time: %(day)s at the latest. After that it acts, if it is still due."
        )
        % {"zone": zone_city(action.cut_off.zone), "day": day_text(latest)},
        _("The dates of everybody else stay as they are: a form that is closed stays closed."),
    ]
    context = {"form": form, "consequence": consequence, "on": on, "once": request.POST.get("once") or once.new_token(request.path)}
    return render(
        request, "admin/portal/night_hold.html", frame(request, _("Hold: %(what)s") % {"what": action.subject_text}, **context)
    )


def _held(request: HttpRequest, form: forms.Form, *, rule: str, pk: int, as_of: datetime) -> bool:
    """Hold, once for this form; what cannot be done stands in the form."""
    now, values = now_of(request), form.cleaned_data
    try:
        with transaction.atomic():
            once.claim(request.POST.get("once", ""), form=request.path, now=now)
            record = holds.hold(
                rule=rule,
                subject_id=pk,
                until_on=values["until_on"],
                why=values["why"],
                by=person_of(request),
                now=now,
                as_of=as_of,
            )
    except once.DoneAlreadyError:
        messages.info(request, _("This was done already, a moment ago."))
        return True
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return False
    held = {"what": record.subject_text(), "day": day_text(values["until_on"])}
    messages.success(request, _("%(what)s is held to the end of %(day)s.") % held)
    return True
