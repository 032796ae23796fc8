"""Forms of checkouts, of more time for them, and of certificates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import models

from carpentries_portal.tests.pressing.floor import NOTE, WHY
from carpentries_portal.tests.pressing.registry import NOW, add, bulk, button
from carpentries_portal.tests.pressing.teams import was_there
from certification import actions
from certification.factories import certify
from certification.models import Certificate, Checkout, CheckoutException
from memberships.factories import StaffFactory
from trainees.models import Place

Made = tuple[models.Model, dict[str, Any]]
DAY_BEFORE = NOW - timedelta(days=1)


def under_way() -> Checkout:
    return was_there().checkout()


def late() -> Checkout:
    """Its training was in December, and attendance confirmed yesterday."""
    return was_there(starts_on=date(2017, 12, 12), confirmed_at=DAY_BEFORE).checkout()


@button("Checkout", "extend")
def _extended() -> Made:
    return under_way(), {**WHY, "to": "2018-06-30"}


@button("Checkout", "late")
@button("Checkout", "let-go")
def _late() -> Made:
    return late(), WHY


@bulk("Checkout", "give_late_selected")
def _several_late() -> tuple[list[Any], dict[str, Any]]:
    return [late(), late()], {}


@button("Checkout", "record")
def _recorded() -> Made:
    row = under_way()
    exercise = row.place.training.edition.edition().exercises[0].code
    return row, {**WHY, "exercise": exercise, "done_on": "2018-02-03", "link": "https://example.org/lesson"}


@button("Submission", "take-pass-back")
def _passed() -> Made:
    row = under_way()
    code = row.place.training.edition.edition().exercises[0].code
    values = {"exercise": code, "done_on": date(2018, 2, 3), "feedback": "", "by": StaffFactory(), "now": DAY_BEFORE}
    return actions.record_result(checkout_id=row.pk, **values), WHY


@button("Checkout", "close")
def _closed() -> Made:
    return under_way(), WHY


@button("Checkout", "reopen")
def _reopened() -> Made:
    row = under_way()
    actions.close_checkout(checkout_id=row.pk, why="Left.", by=StaffFactory(), now=DAY_BEFORE)
    return row, WHY


@button("Checkout", "hold")
def _held() -> Made:
    return under_way(), {**WHY, "until": "2018-06-30"}


@button("Checkout", "release")
def _released() -> Made:
    row = under_way()
    actions.hold_certificate(checkout_id=row.pk, until=date(2018, 6, 30), why="Wait.", by=StaffFactory(), now=DAY_BEFORE)
    return row, WHY


@add("Checkout")
def _by_hand() -> dict[str, Any]:
    """A place that passed, whose checkout is not there."""
    row = under_way()
    place: Place = row.place
    Checkout.objects.filter(pk=row.pk).delete()
    return {"place": place.pk}


@add("CheckoutException")
def _more_time() -> dict[str, Any]:
    return {**WHY, "checkout": under_way().pk, "to": "2018-06-30"}


def asked() -> CheckoutException:
    row = under_way()
    return actions.ask_extension(checkout_id=row.pk, reason="Ill.", by=row.place.person, now=DAY_BEFORE)


@button("CheckoutException", "approve")
def _asked() -> Made:
    return asked(), {**NOTE, "to_date": "2018-06-30"}


@button("CheckoutException", "decline")
def _asked_no() -> Made:
    return asked(), NOTE


@button("CheckoutException", "revoke")
def _approved() -> Made:
    row = under_way()
    return actions.extend_checkout(checkout_id=row.pk, to=date(2018, 6, 30), why="Ill.", by=StaffFactory(), now=DAY_BEFORE), WHY


@bulk("CheckoutException", "approve_selected")
def _several() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], {**NOTE, "days": 90}


@bulk("CheckoutException", "decline_selected")
def _several_no() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], NOTE


def paper() -> Certificate:
    return certify(was_there(starts_on=date(2017, 12, 12)), now=DAY_BEFORE)


@button("Certificate", "correct")
def _corrected() -> Made:
    return paper(), {**WHY, "name": "Ana Marić"}


@button("Certificate", "revoke")
def _revoked() -> Made:
    return paper(), WHY


@button("Certificate", "draw")
def _undrawn() -> Made:
    return paper(), {}


@button("Certificate", "keep")
def _doubted() -> Made:
    row = paper()
    Certificate.objects.filter(pk=row.pk).update(doubted_at=DAY_BEFORE)
    return row, WHY


@add("Reissue", warns=True)
def _anew() -> dict[str, Any]:
    """One at a time: those of before are made."""
    while actions.make_some(now=NOW):
        continue
    paper()
    return {**WHY, "first_on": "2018-01-01", "last_on": "2018-12-31", "tell": "on"}
