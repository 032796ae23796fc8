"""What of checkouts lies on the desk: requests for more time, work to review, offers of R25."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import desk
from carpentries_portal.common.desk import SHOWN, Card, Item
from carpentries_portal.common.prepared import prepared
from certification import policy, queries
from certification.models import Checkout, CheckoutException, Submission
from certification.states import Standing

LONG_WAIT = timedelta(days=14)


@prepared
def _more_time() -> QuerySet[CheckoutException]:
    waiting = CheckoutException.objects.waiting().order_by("asked_at", "pk")
    waiting = waiting.select_related("checkout__place__training__edition", "checkout__place__booking", "asked_by")
    rows: QuerySet[CheckoutException] = desk.counted(waiting)[:SHOWN]
    return rows


@prepared
def _to_review() -> QuerySet[Submission]:
    return queries.to_review()[:SHOWN]


@prepared
def _long(before: Any) -> QuerySet[Submission, int]:
    rows = Submission.objects.waiting().filter(submitted_at__lte=before).order_by("submitted_at", "pk")
    return rows.values_list("pk", flat=True)[:SHOWN]


@prepared
def _reviews(ids: Any) -> QuerySet[Submission]:
    return queries.to_review().filter(pk__in=ids).order_by("submitted_at", "pk")


@prepared
def _count() -> QuerySet[Submission, int]:
    return Submission.objects.waiting().order_by().values(all=Value(1)).annotate(n=Count("pk")).values_list("n", flat=True)


@prepared
def _over(today: Any) -> QuerySet[Submission, int]:
    """Of whom work waits that are past their day, each once: little waits, many have ended."""
    rows = Submission.objects.waiting().filter(checkout__due_on__lte=today).order_by("checkout__due_on", "checkout")
    return rows.values_list("checkout", flat=True).distinct()[: 2 * SHOWN]


@prepared
def _with_work(ids: Any) -> QuerySet[Checkout]:
    return Checkout.objects.with_story().filter(pk__in=ids).prefetch_related("submissions").order_by("due_on", "pk")


@prepared
def _confirmed_late() -> QuerySet[Checkout, tuple[int, int]]:
    late = Checkout.objects.under_way().filter(late_days__gt=0, late_settled_at__isnull=True).order_by("due_on", "pk")
    rows: QuerySet[Checkout, tuple[int, int]] = desk.counted(late).values_list("pk", "of")[:SHOWN]
    return rows


@prepared
def _stories(ids: Any) -> QuerySet[Checkout]:
    return Checkout.objects.with_story().filter(pk__in=ids).order_by("due_on", "pk")


def requests(now: datetime) -> Card:
    rows = _more_time()
    items = [Item(f"{row.rule}: {row.subject_text()}", f"{row.asked_for}: {row.reason}", row.admin_path()) for row in rows]
    return Card(_("More time asked for"), urgent=True, items=items, of=desk.of(rows), all=desk.queue())


def to_review(now: datetime) -> Card:
    """The oldest due first, each with its exercise; more stand in the queue itself."""
    rows = _to_review()
    items = [
        Item(
            f"{row.checkout.place.name}: {queries.exercise_name(row.checkout, row.exercise)}",
            _("due by %(due)s") % {"due": policy.here(row.checkout.due())},
            reverse("certification:review", args=[row.pk]),
        )
        for row in rows
    ]
    count = sum(_count()) if len(rows) == SHOWN else len(rows)
    return Card(_("Work to review"), urgent=False, items=items, of=count, all=(reverse("certification:queue"), _("All of them")))


def long_waiting(now: datetime) -> Card:
    """Handed in two weeks ago or more."""
    items = []
    for row in _reviews(ids=_long(before=now - LONG_WAIT)):
        text = _("waits for %(n)d days: %(exercise)s")
        values = {"n": (now - row.submitted_at).days, "exercise": queries.exercise_name(row.checkout, row.exercise)}
        items.append(Item(row.checkout.place.name, text % values, reverse("certification:review", args=[row.pk])))
    return Card(_("Work that waits long for its review"), urgent=True, items=items)


def expired_with_work(now: datetime) -> Card:
    """Expired, though something was handed in: staff may give more time, or say that it ends."""
    items = []
    for row in _with_work(ids=_over(today=now.date())):
        verdict = policy.finish_in_time(queries.facts_of(row, row.submissions.all()), now=now)
        if verdict.facts["standing"] == Standing.EXPIRED:
            items.append(Item(str(row), verdict.sentence, reverse("admin:certification_checkout_change", args=[row.pk])))
    return Card(_("Expired, with work that waits"), urgent=True, items=items[:SHOWN], of=len(items))


def late_offers(now: datetime) -> Card:
    """R25: attendance was confirmed late: one extension is offered for each checkout, here or in bulk from the list."""
    late, items = _confirmed_late(), []
    for row in _stories(ids=[pk for pk, _of in late]):
        text = ngettext(
            "Attendance was confirmed %(n)d day after the training: offer as much more time?",
            "Attendance was confirmed %(n)d days after the training: offer as much more time?",
            row.late_days,
        )
        items.append(Item(str(row), text % {"n": row.late_days}, reverse("admin:certification_checkout_change", args=[row.pk])))
    everything = desk.listed("certification_checkout", "?late=offered")
    return Card(_("Confirmed late: extensions to offer"), urgent=True, items=items, of=late[0][1] if late else 0, all=everything)


def register() -> None:
    """Called when the app is ready."""
    desk.add("more time", requests, "certification.view_checkoutexception")
    desk.add("to review", to_review, "certification.view_submission")
    desk.add("long waiting", long_waiting, "certification.view_submission")
    desk.add("expired with work", expired_with_work, "certification.view_checkout")
    desk.add("late offers", late_offers, "certification.view_checkout")
