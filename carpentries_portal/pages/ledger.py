"""The ledger of a membership in plain words: what happened on one occasion is one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from memberships.models import LedgerEntry
from memberships.states import Account


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Seats that went to an account, and why. `left`: what was available afterwards."""

    at: datetime
    seats: int
    target: str
    account: str
    reason: str
    who: str
    rule: str
    left: int

    @property
    def what(self) -> str:
        text = ngettext("%(n)d seat %(account)s.", "%(n)d seats %(account)s.", self.seats)
        return text % {"n": self.seats, "account": self.account}

    @property
    def done_by(self) -> str:
        return _("By %(name)s.") % {"name": self.who}

    def same_occasion(self, later: LedgerLine) -> bool:
        """Whether both are seats that were used up as one confirmed attendance said (R15): a person each."""
        mine, other = (self.at, self.target, self.rule, self.who), (later.at, later.target, later.rule, later.who)
        return mine == other and self.rule == "R15" and self.target == Account.USED


def ledger_lines(entries: Iterable[LedgerEntry]) -> list[LedgerLine]:
    """Newest first, as they came; people who passed together are one line, without what was said to each of them. No query."""
    lines: list[LedgerLine] = []
    for entry in entries:
        line = _line(entry)
        if lines and line.same_occasion(lines[-1]):
            lines[-1] = replace(lines[-1], seats=lines[-1].seats + line.seats)
        else:
            lines.append(line)
    return [_passed(line) if line.rule == "R15" and line.target == Account.USED else line for line in lines]


def _line(entry: LedgerEntry) -> LedgerLine:
    return LedgerLine(
        at=entry.at,
        seats=entry.seats,
        target=entry.target,
        account=entry.get_target_display(),
        reason=entry.reason,
        who=str(entry.by) if entry.by is not None else "",
        rule=entry.rule,
        left=entry.available_after,
    )


def _passed(line: LedgerLine) -> LedgerLine:
    text = ngettext("%(n)d person passed the training.", "%(n)d people passed the training.", line.seats)
    return replace(line, reason=text % {"n": line.seats})
