"""Home, the rules, the membership's page, the booking's page, the reader's zone."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from carpentries_portal.common import editions
from carpentries_portal.common.dates import is_zone, offered_zones, today_in
from carpentries_portal.common.models import Person
from carpentries_portal.common.requests import now_of, person_of, reader_zone_of
from carpentries_portal.common.staff_rights import acts_as_staff, sees_as_staff
from carpentries_portal.pages import queries, rules
from carpentries_portal.pages.home import HomeTrains, home_memberships, home_places, home_trains
from certification.access import is_reviewer
from certification.queries import to_review
from memberships.access import may_act_for, membership_or_404
from trainees.access import LISTING
from trainings.access import acts_for, booking_or_404
from trainings.queries import count_open, next_open
from trainings.states import BookingState

ZONE_COOKIE_AGE = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """For a visitor what this is; for a coordinator their memberships."""
    person = request.user if isinstance(request.user, Person) else None
    now = now_of(request)
    memberships = home_memberships(person, now=now) if person else []
    places = home_places(person, now=now) if person else []
    trains = home_trains(person, now=now) if person else HomeTrains([], [])
    context = {"memberships": memberships, "places": places, "trains": trains}
    reviews = to_review().exclude(checkout__place__person=person.pk).count() if person and is_reviewer(person) else None
    context |= {"offers": next_open(now, limit=3), "open_count": count_open(now), "reviews": reviews}
    return render(request, "pages/home.html", context)


@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """The rules, their numbers from the edition in force (R31)."""
    edition = editions.in_force(today_in("UTC", now_of(request)))
    return render(request, "pages/partners.html", {"edition": edition, "sections": rules.sections(edition)})


@login_required
@require_safe
def membership(request: HttpRequest, membership_id: int) -> HttpResponse:
    """What a member has, and what to do next."""
    row = membership_or_404(membership_id, person=request.user)
    page = queries.membership_page(row, now=now_of(request))
    person = person_of(request)
    may_book = not person.is_staff or may_act_for(person, row)  # who is not staff sees it as its coordinator
    waiting = {line.place.pk for line in page.people if line.may_be_reminded(now_of(request))}
    context = {"page": page, "membership": row, "may_book": may_book, "waiting": waiting}
    return render(request, "pages/membership.html", context)


@login_required
@require_safe
def booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """A booking: its dates, its room, what was asked and decided."""
    row = booking_or_404(booking_id, person=request.user)
    may_change, staff = acts_for(row), sees_as_staff(person_of(request))
    zone = reader_zone_of(request) if may_change or staff else ""
    page = queries.booking_page(row, now=now_of(request), may_change=may_change, zone=zone)
    sees_link = page.link.allowed or not may_change  # trainers and staff have it always (R24)
    context = {
        "page": page,
        "booking": row,
        "training": row.training,
        "sees_link": sees_link,
        "may_remind": may_change,
        "may_list": not may_change and row.state == BookingState.CONFIRMED and acts_as_staff(person_of(request), LISTING),
        "keeps_roll_call": row.state == BookingState.CONFIRMED and row.training.has_begun(now_of(request)),
    }
    return render(request, "pages/booking.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def zone(request: HttpRequest) -> HttpResponse:
    """Choose in which zone hours are shown besides the training's: kept with the person, or in a cookie."""
    back = safe_path(request, request.POST.get("next") or request.GET.get("next") or "")
    chosen = request.POST.get("zone", "")
    if request.method != "POST" or not is_zone(chosen):
        offered = request.GET.get("zone", "")
        selected = offered if is_zone(offered) else reader_zone_of(request)
        context = {"zones": sorted({*offered_zones(), selected}), "next": back, "wrong": chosen, "selected": selected}
        return render(request, "pages/zone.html", context)
    if isinstance(request.user, Person):
        Person.objects.filter(pk=request.user.pk).update(zone=chosen)
    answer = HttpResponseRedirect(back)
    answer.set_cookie("zone", chosen, max_age=ZONE_COOKIE_AGE, samesite="Lax", secure=request.is_secure())
    return answer


def safe_path(request: HttpRequest, path: str) -> str:
    """A path of ours to go back to; home for anything else."""
    ours = url_has_allowed_host_and_scheme(path, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return path if ours and path.startswith("/") else reverse("home")
