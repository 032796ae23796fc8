"""Videoconference reports (P9): a file is read, and kept as what was read of it, with a suggestion for each connection."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import journal
from carpentries_portal.common.dates import day_text, is_zone, today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.tablefile import UnreadableFileError
from carpentries_portal.common.texts import one_line
from trainees import evidence_queries as queries
from trainees.evidence import Connection, Kind, Match, Problem, Report, match, read_report
from trainees.evidence.report import LONGEST_NAME
from trainees.models import EvidenceConnection, EvidenceReport
from trainees.models.evidence import LONGEST_FILE_NAME
from trainees.states import Confidence, Whose
from trainings.actions import lock_training
from trainings.models import Training
from trainings.states import TrainingState

MOST_CONNECTIONS = 1000
"""More than a meeting of a training ever has; each is compared with everybody on the rosters."""

MOST_SAID = 200
"""Problems and notes that are kept of a report: nobody reads more, and the count says how many there are."""


class UnableToImportReport(UnableTo):
    """The file cannot be used, was imported already, or it is not the time. `problems`: the rows that could not be read."""

    def __init__(self, sentence: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems)


def import_report(
    *, training_id: int, content: bytes, file_name: str, zone: str, by: Person, now: datetime, replaces: int | None = None
) -> EvidenceReport:
    """Read a report, whose times are wall-clock in `zone`, the host's; keep what was read, with a suggestion for each connection.

    `replaces`: a report of this training that it takes the place of. Raises UnableToImportReport; then nothing has changed.
    """
    training = Training.objects.get(pk=training_id)
    _check_open(training, now)
    read = _read(content, training, zone)
    # before the lock: many names against many take a second, and what comes of it is only a suggestion
    found = match(read.connections, queries.people_of(training), queries.sites_of(training))
    with transaction.atomic():
        training = lock_training(training_id)
        _check_open(training, now)
        digest = hashlib.sha256(content).hexdigest()
        _check_new(training, digest, replaces)
        known = queries.decided_before(training)
        if replaces is not None and training.evidence_reports.filter(pk=replaces).delete()[0] == 0:
            raise UnableToImportReport(_("The report to replace is not there any more."))
        report = EvidenceReport.objects.create(
            training=training,
            uploaded_at=now,
            uploaded_by=by,
            file_name=one_line(file_name)[:LONGEST_FILE_NAME] or _("a file without a name"),
            digest=digest,
            zone=zone,
            topic=read.topic[:LONGEST_NAME],
            **_said(read),
        )
        _keep(report, read, found, known)
        _journal_import(report, len(read.connections), replaced=replaces is not None, by=by, now=now)
    return report


def _said(read: Report) -> dict[str, object]:
    """Problems and notes as they are kept."""
    return {
        "problems": [{"line": one.line, "field": one.field[:60], "text": one.text} for one in read.problems[:MOST_SAID]],
        "problem_count": len(read.problems),
        "notes": [{"line": one.line, "text": one.text} for one in read.notes[:MOST_SAID]],
        "note_count": len(read.notes),
    }


def _check_open(training: Training, now: datetime) -> None:
    """Whether a report of the training can be kept. Raises UnableToImportReport."""
    if training.state == TrainingState.CANCELLED:
        raise UnableToImportReport(_("The training was cancelled: there is nothing to compare a report with."))
    if not training.has_begun(now):
        raise UnableToImportReport(_("The training has not begun."))
    if queries.is_outlived(training, now):
        days = queries.kept_days()
        raise UnableToImportReport(_("Reports are kept for %(n)d days after a training, and those are over.") % {"n": days})


def _check_new(training: Training, digest: str, replaces: int | None) -> None:
    """Whether the file was not imported yet, but for the report that it replaces. Raises UnableToImportReport."""
    same = training.evidence_reports.filter(digest=digest).select_related("uploaded_by").first()
    if same is not None and same.pk != replaces:
        same.training = training
        raise UnableToImportReport(_said_before(same))


def _said_before(same: EvidenceReport) -> str:
    values = {"file": same.file_name, "day": day_text(today_in(same.training.zone, same.uploaded_at)), "by": same.uploaded_by}
    if same.uploaded_by is None:
        return _("This very file was imported on %(day)s as “%(file)s”: nothing has changed.") % values
    return _("This very file was imported on %(day)s as “%(file)s”, by %(by)s: nothing has changed.") % values


def _read(content: bytes, training: Training, zone: str) -> Report:
    """Raises UnableToImportReport where there is nothing to keep."""
    if not is_zone(zone):
        raise UnableToImportReport(_("Choose the time zone of the host."))
    try:
        read = read_report(content, zone=zone, days=[day.on for day in training.hours()])
    except UnreadableFileError as problem:
        raise UnableToImportReport(str(problem)) from problem
    if not read.connections and not read.waiting:
        raise UnableToImportReport(_("The report has no connection that could be read."), problems=read.problems)
    if len(read.connections) + len(read.waiting) > MOST_CONNECTIONS:
        text = _("The report has more than %(n)d connections: is it of this training?")
        raise UnableToImportReport(text % {"n": MOST_CONNECTIONS})
    return read


def _keep(report: EvidenceReport, read: Report, found: Sequence[Match], known: Mapping[str, EvidenceConnection]) -> None:
    rows = [_row(report, one.connection, _suggestion(one, known)) for one in found]
    rows += [_row(report, one, {}, waiting=True) for one in read.waiting]
    EvidenceConnection.objects.bulk_create(rows, batch_size=200)


def _row(report: EvidenceReport, one: Connection, suggestion: Mapping[str, object], *, waiting: bool = False) -> EvidenceConnection:
    return EvidenceConnection(
        report=report,
        waiting=waiting,
        name=one.name,
        also=list(one.also),
        email=one.email,
        email_key=email_key(one.email),
        intervals=[[begin.isoformat(), end.isoformat()] for begin, end in one.intervals],
        lines=list(one.lines),
        **suggestion,
    )


def _suggestion(found: Match, known: Mapping[str, EvidenceConnection]) -> dict[str, object]:
    """What was decided of the same address or name in another report goes before what is found anew; both are only suggested."""
    before = known.get(queries.key_of(email_key(found.connection.email), found.connection.name))
    if before is not None:
        reason = _("Decided so before, in another report of this training.")
        return {
            "suggested": before.whose,
            "suggested_place_id": before.place_id,
            "suggested_booking_id": before.booking_id,
            "confidence": Confidence.SURE,
            "reason": reason,
        }
    whose = {Kind.PERSON: Whose.PERSON, Kind.SITE: Whose.SITE, Kind.TRAINER: Whose.IGNORED, Kind.NONE: Whose.OPEN}[found.kind]
    return {
        "suggested": whose,
        "suggested_place_id": found.id if whose == Whose.PERSON else None,
        "suggested_booking_id": found.id if whose == Whose.SITE else None,
        "confidence": found.confidence.value,
        "reason": found.reason,
    }


def _journal_import(report: EvidenceReport, count: int, *, replaced: bool, by: Person, now: datetime) -> None:
    """Counts only: names, and a file's name may hold one, belong to what is deleted in time."""
    text = ngettext("A report of %(n)d connection was imported.", "A report of %(n)d connections was imported.", count) % {
        "n": count
    }
    what = "evidence_replaced" if replaced else "evidence_imported"
    new = {"connections": count, "problems": report.problem_count, "zone": report.zone}
    journal.record(what=what, now=now, by=by, rule="P9", why=text, about=[report.training], new=new)
