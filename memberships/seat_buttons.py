"""The buttons for the seats of a membership in admin: what each calls, and what it says follows for the values that were typed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import exceptions
from carpentries_portal.common.buttons import Button
from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.requests import now_of, person_of
from memberships import actions, queries
from memberships.admin_forms import (
    EndEarlyForm,
    MoveSeatsForm,
    RestoreForm,
    ReturnedForm,
    SeatsWhyForm,
    StaffNoteForm,
)
from memberships.models import Membership, MembershipException, StaffNote
from memberships.states import Account

Values = dict[str, Any]


def _now(row: Membership) -> Membership:
    """The membership as the database has it: in a rehearsal, as it would be."""
    return Membership.objects.select_related("organization", "edition").get(pk=row.pk)


def _told(row: Membership) -> str:
    """Who gets a letter."""
    names = [str(one.person) for one in queries.coordinators_of(row.organization_id)]
    if not names:
        return _("The organization has no coordinator: nobody gets a letter.")
    return _("A letter with your reason goes to %(names)s.") % {"names": ", ".join(names)}


def _stands(request: HttpRequest, row: Membership) -> list[str]:
    """How the seats stand: what a decision starts from."""
    text = _("%(row)s: %(all)d granted, %(left)d available, %(res)d reserved, %(used)d used, %(lost)d forfeited, %(ret)d returned.")
    numbers = {
        "row": row,
        "all": row.granted,
        "left": row.available,
        "res": row.reserved,
        "used": row.used,
        "lost": row.forfeited,
        "ret": row.returned,
    }
    return [text % numbers, _("The ledger keeps it with your name and the reason.")]


def _follows(request: HttpRequest, row: Membership, values: Values, result: Any) -> list[str]:
    after = _now(row)
    lines = [queries.balance_change(row, after)]
    if after.has_ended(now_of(request)) and after.available:
        lines.append(_("Its year has ended: only staff can book these seats, on behalf of the coordinators (P1)."))
    elif after.available > row.available:
        lines.append(_("They can be booked until %(day)s.") % {"day": day_text(after.last_on)})
    return [*lines, _told(row)]


def _with_exception(request: HttpRequest, row: Membership, why: str, until_on: date) -> MembershipException:
    """Staff's own exception to R12, with its end in the organization's zone."""
    until = CutOff(on=until_on, zone=row.organization.zone).ends_at
    record = MembershipException(membership=row, rule="R12", reason=why, until=until, to_date=until_on)
    return exceptions.enter(record, by=person_of(request), now=now_of(request))


# grant and withdraw


def _grant(request: HttpRequest, row: Membership, values: Values) -> Membership:
    return actions.grant_extra(membership=row, seats=values["seats"], why=values["why"], by=person_of(request), now=now_of(request))


def _withdraw(request: HttpRequest, row: Membership, values: Values) -> Membership:
    return actions.withdraw(membership=row, seats=values["seats"], why=values["why"], by=person_of(request), now=now_of(request))


# restore, and decide what came back


def _restore(request: HttpRequest, row: Membership, values: Values) -> Membership:
    record = _with_exception(request, row, values["why"], values["until_on"])
    return actions.restore(
        membership=row, seats=values["seats"], exception=record, why=values["why"], by=person_of(request), now=now_of(request)
    )


def _kept_until(values: Values) -> str:
    text = _("An exception to R12 keeps the year’s end from taking them until %(day)s.")
    return text % {"day": day_text(values["until_on"])}


def _restored(request: HttpRequest, row: Membership, values: Values, result: Any) -> list[str]:
    return [*_follows(request, row, values, result), _kept_until(values)]


def _returned(request: HttpRequest, row: Membership, values: Values) -> Membership:
    record = _with_exception(request, row, values["why"], values["until_on"]) if values["give_back"] else None
    return actions.decide_returned(
        membership=row, seats=values["seats"], exception=record, why=values["why"], by=person_of(request), now=now_of(request)
    )


def _returned_follows(request: HttpRequest, row: Membership, values: Values, result: Any) -> list[str]:
    lines = _follows(request, row, values, result)
    if values["give_back"]:
        return [*lines, _kept_until(values)]
    lost = ngettext("%(org)s loses %(n)d seat for good.", "%(org)s loses %(n)d seats for good.", values["seats"])
    return [*lines, lost % {"org": row.organization, "n": values["seats"]}]


# move


def _others(row: Membership) -> Any:
    rows = Membership.objects.filter(organization=row.organization_id).exclude(pk=row.pk)
    return rows.select_related("organization").order_by("-ends_on", "-pk")


def _move(request: HttpRequest, row: Membership, values: Values) -> Membership:
    """With an exception to R12 that is used up by it: it must not keep the year's end from what stays here."""
    to: Membership = values["to"]
    until_on = max(to.last_on, now_of(request).date() + timedelta(days=1))
    record = _with_exception(request, row, values["why"], until_on)
    actions.carry_over(
        membership=row,
        to=to,
        seats=values["seats"],
        source=Account(values["source"]),
        exception=record,
        why=values["why"],
        by=person_of(request),
        now=now_of(request),
    )
    exceptions.use_up(record, now=now_of(request))
    return to


def _moved(request: HttpRequest, row: Membership, values: Values, result: Membership) -> list[str]:
    to = values["to"]
    return [
        f"{row}: {queries.balance_change(row, _now(row))}",
        f"{to}: {queries.balance_change(to, _now(to))}",
        _("An exception to R12 is written in your name, and used up by this. The entries of both ledgers point at each other."),
        _told(row),
    ]


# end early


def _end(request: HttpRequest, row: Membership, values: Values) -> Membership:
    return actions.end_early(membership=row, on=values["on"], why=values["why"], by=person_of(request), now=now_of(request))


def _to_end(request: HttpRequest, row: Membership) -> list[str]:
    """What stands in the way, and what goes with it."""
    lines = _stands(request, row)[:1]
    if row.reserved:
        text = ngettext(
            "%(n)d seat is reserved: cancel the bookings below first, one by one.",
            "%(n)d seats are reserved: cancel the bookings below first, one by one.",
            row.reserved,
        )
        lines.append(text % {"n": row.reserved})
    gone = ngettext(
        "%(n)d available seat is withdrawn at once, also where the last day is still to come.",
        "%(n)d available seats are withdrawn at once, also where the last day is still to come.",
        row.available,
    )
    return [*lines, gone % {"n": row.available}, _returned_stay(row)]


def _returned_stay(row: Membership) -> str:
    if not row.returned:
        return _("Seats that come back later wait as returned, for you to decide.")
    text = ngettext(
        "%(n)d returned seat stays on the desk: decide it with “Decide returned”.",
        "%(n)d returned seats stay on the desk: decide them with “Decide returned”.",
        row.returned,
    )
    return text % {"n": row.returned}


def _ended(request: HttpRequest, row: Membership, values: Values, result: Any) -> list[str]:
    after = _now(row)
    text = ngettext(
        "%(org)s loses %(n)d seat; its last day is %(day)s.", "%(org)s loses %(n)d seats; its last day is %(day)s.", row.available
    )
    lost = text % {"org": row.organization, "n": row.available, "day": day_text(after.last_on)}
    return [lost, queries.balance_change(row, after), _returned_stay(after), _told(row)]


# notes


def note(request: HttpRequest, row: Any, values: Values) -> StaffNote:
    """A note on an organization, or on a membership and its organization."""
    membership = row if isinstance(row, Membership) else None
    organization = membership.organization if membership is not None else row
    return actions.add_note(
        organization=organization, membership=membership, text=values["text"], by=person_of(request), now=now_of(request)
    )


NOTE = Button(
    "note",
    gettext_lazy("Note…"),
    form=StaffNoteForm,
    run=note,
    consequence=lambda request, row: [
        _("It stands on the page of the organization and of each of its memberships, for staff alone.")
    ],
)

BUTTONS = (
    Button(
        "grant", gettext_lazy("Grant extra seats…"), form=SeatsWhyForm, run=_grant, consequence=_stands, consequence_of=_follows
    ),
    Button(
        "withdraw", gettext_lazy("Withdraw seats…"), form=SeatsWhyForm, run=_withdraw, consequence=_stands, consequence_of=_follows
    ),
    Button(
        "restore",
        gettext_lazy("Restore forfeited…"),
        form=RestoreForm,
        run=_restore,
        consequence=_stands,
        shown=lambda request, row: row.forfeited > 0,
        consequence_of=_restored,
        with_beside=True,
    ),
    Button(
        "returned",
        gettext_lazy("Decide returned…"),
        form=ReturnedForm,
        run=_returned,
        consequence=_stands,
        shown=lambda request, row: row.returned > 0,
        consequence_of=_returned_follows,
    ),
    Button(
        "move",
        gettext_lazy("Move seats…"),
        form=MoveSeatsForm,
        run=_move,
        consequence=_stands,
        shown=lambda request, row: row.available > 0 or row.forfeited > 0,
        form_about=lambda row: {"others": _others(row)},
        consequence_of=_moved,
    ),
    Button(
        "end",
        gettext_lazy("End early…"),
        form=EndEarlyForm,
        run=_end,
        consequence=_to_end,
        shown=lambda request, row: row.ended_on is None,
        consequence_of=_ended,
        with_beside=True,
    ),
    NOTE,
)
