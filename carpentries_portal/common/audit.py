"""Audits of the floor: letters and exceptions say when what was done to them was done, and the night's actions had their effect."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.apps import apps
from django.db.models import Q

from carpentries_portal.common.asked import ASKED, Asked
from carpentries_portal.common.auditing import AUDITS, Mismatch
from carpentries_portal.common.models import AppliedAction, Notice
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.notices import NoticeState

BATCH = 500


def letters_say_when() -> Iterator[Mismatch]:
    rows = Notice.objects.filter(
        Q(state=NoticeState.SENT, sent_at__isnull=True) | Q(state=NoticeState.SENDING, claimed_at__isnull=True)
    )
    for row in rows.defer("body", "context").order_by("pk").iterator(chunk_size=BATCH):
        yield Mismatch("letters", f"letter {row.pk}", "a time", "none", f"it is {row.state}, and nothing says since when")


def exceptions_were_decided(kind: Asked) -> Iterator[Mismatch]:
    """What is in force or was used was approved, and what was decided has its time."""
    rows = kind.model._default_manager.order_by("pk")
    decided = [ExceptionState.APPROVED, ExceptionState.REVOKED]
    for row in rows.filter(used_at__isnull=False).exclude(state__in=decided).iterator(chunk_size=BATCH):
        sentence = f"it was used, and is {row.state}"
        yield Mismatch("exceptions", f"{kind.name} exception {row.pk}", "approved", row.state, sentence)
    for row in rows.exclude(state=ExceptionState.ASKED).filter(decided_at__isnull=True).iterator(chunk_size=BATCH):
        sentence = f"it is {row.state}, and nothing says since when"
        yield Mismatch("exceptions", f"{kind.name} exception {row.pk}", "a time", "none", sentence)


def actions_without(rule: str, label: str, missing: Q) -> Iterator[AppliedAction]:
    """The night's actions of a rule, of the round that its subject is still in, for subjects that lack the effect. For each app's audit."""
    subjects = apps.get_model(label)._default_manager.filter(missing).values_list("pk", "round")
    rounds = dict(subjects.filter(pk__in=AppliedAction.objects.filter(rule=rule, subject_label=label).values("subject_id")))
    for row in AppliedAction.objects.filter(rule=rule, subject_label=label, subject_id__in=list(rounds)).order_by("pk"):
        if row.round == rounds[row.subject_id]:
            yield row


def effect_missing(rule: str, label: str, noun: str, expected: str, missing: Q) -> Iterator[Mismatch]:
    for row in actions_without(rule, label, missing):
        sentence = f"the night applied {rule} to it for {row.cut_off_on}, and it is not {expected}"
        yield Mismatch("the night's actions", f"{noun} {row.subject_id}", expected, "not so", sentence)


def register() -> None:
    """Called when the floor is ready; the tables of exceptions are those that the apps have registered by the time of the audit."""
    AUDITS.add("letters", letters_say_when)
    AUDITS.add("exceptions", _exceptions)


def _exceptions() -> Iterator[Mismatch]:
    for kind in ASKED:
        if kind.is_exception:
            yield from exceptions_were_decided(kind)


def add_effect(rule: str, label: str, *, noun: str, expected: str, missing: Q) -> None:
    """An app says what its rule leaves behind: `missing` finds the subjects that lack it."""
    AUDITS.add(f"effect of {rule}", partial(effect_missing, rule, label, noun, expected, missing))
