"""Rehearsing one action: done as the run would do it, its letters read, and taken back whole. Nothing is written, sent or journaled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from carpentries_portal.common.enforcement.registry import RULES, PlannedAction, WritesLater
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices import Obsolete, noting_owed
from carpentries_portal.common.notices.composing import preview


@dataclass(frozen=True, slots=True)
class LetterShown:
    """A letter as it would leave, to a real recipient; its personal link is masked. `problem`: why it could not be made."""

    code: str
    to: str
    subject: str
    text: str
    due_at: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """`action` is None where nothing is due; `problem` says what broke, as the run would keep it; `follows`, why the letters leave later."""

    action: PlannedAction | None
    letters: tuple[LetterShown, ...] = ()
    problem: str = ""
    follows: str = ""


def look(*, rule: str, subject_id: int, now: datetime) -> PlannedAction | None:
    """What a rule would do to one subject; None where nothing, or where the subject is gone. Takes its lock and gives it back."""
    found = RULES.get(rule)
    if found is None:
        return None
    try:
        with transaction.atomic():
            return found.replan(subject_id, now)
    except (ObjectDoesNotExist, LookupError):
        return None


def rehearse(*, rule: str, subject_id: int, now: datetime) -> Rehearsed:
    """The action with each of its letters, as they would be at the instant."""
    found = RULES.get(rule)
    action = look(rule=rule, subject_id=subject_id, now=now)
    if found is None or action is None:
        return Rehearsed(action=None)
    with transaction.atomic():
        try:
            with transaction.atomic(), noting_owed() as owed:
                found.effect(action, now)
                if isinstance(found, WritesLater):
                    found.later(action, now)
            follows = str(found.follows) if isinstance(found, WritesLater) else ""
            return Rehearsed(action=action, letters=tuple(_shown(notice, now=now) for notice in owed), follows=follows)
        except Exception as problem:  # noqa: BLE001  # what would break the subject's night is shown
            return Rehearsed(action=action, problem=f"{type(problem).__name__}: {problem}")
        finally:
            transaction.set_rollback(True)


def _shown(notice: Notice, *, now: datetime) -> LetterShown:
    notice.claimed_at = max(now, notice.due_at)  # when it would be made
    subject = text = problem = ""
    try:
        with transaction.atomic():
            subject, text = preview(notice, now=notice.claimed_at)
    except Obsolete as reason:
        problem = str(reason)
    except Exception as broken:  # noqa: BLE001  # a letter whose template fails is shown with its error
        problem = f"{type(broken).__name__}: {broken}"
    return LetterShown(code=notice.code, to=notice.to_address, subject=subject, text=text, due_at=notice.due_at, problem=problem)
