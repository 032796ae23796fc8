"""What the floor itself tells: the journal, letters, and exceptions used. What the night did is in `night`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Case, Expression, F, Q, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.asked import ASKED, Asked
from carpentries_portal.common.exceptions import HOLDS_UNTIL, until_text
from carpentries_portal.common.journal_words import word_of
from carpentries_portal.common.models import DataRequest, ExceptionRecord, Hold, JournalEntry, JournalSubject, Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.why.kinds import Story, kind_of_label
from carpentries_portal.common.why.lines import Line, changes_of
from carpentries_portal.common.why.night import add_night
from carpentries_portal.common.why.timeline import SOURCES, Points, Source, before

DECISIONS = "exception_"


def _at(until: datetime | None) -> F:
    return F("at")


def entries_of(story: Story, until: datetime | None) -> Points:
    """The journal's lines about a story, before an instant (None: so far)."""
    about = JournalSubject.objects.filter(story.of(until, label="label", key="object_id"))
    return JournalEntry.objects.filter(before("at", until), pk__in=about.values("entry"))


def _done(story: Story, until: datetime | None) -> Points:
    return entries_of(story, until).exclude(what__startswith=DECISIONS)


def _decisions(story: Story, until: datetime | None) -> Points:
    return entries_of(story, until).filter(what__startswith=DECISIONS)


def _journal_line(story: Story, row: JournalEntry, group: str) -> Line:
    return Line(
        key=f"journal-{row.pk}",
        at=row.at,
        group=group,
        what=word_of(row.what),
        why=row.why,
        who=row.by_name,
        rule=row.rule,
        edition=row.edition or (story.edition if row.rule else ""),
        changes=changes_of(row.old, row.new),
        url=reverse("admin:common_journalentry_change", args=[row.pk]),
    )


def _done_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    return {row.pk: _journal_line(story, row, "done") for row in JournalEntry.objects.filter(pk__in=keys)}


def _decision_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    """As the journal's, with what the exception itself says: the refusal, the end, what it grants."""
    kinds = {kind.label: kind for kind in ASKED if kind.is_exception}
    rows = list(JournalEntry.objects.filter(pk__in=keys).prefetch_related("subjects"))
    named = {row.pk: next(((one.label, one.object_id) for one in row.subjects.all() if one.label in kinds), None) for row in rows}
    found: dict[tuple[str, int], ExceptionRecord] = {}
    for label in {one[0] for one in named.values() if one is not None}:
        ids = [one[1] for one in named.values() if one is not None and one[0] == label]
        found |= {(label, record.pk): record for record in kinds[label].model._default_manager.filter(pk__in=ids)}
    lines = {}
    for row in rows:
        line = _journal_line(story, row, "exceptions")
        name = named[row.pk]
        record = found.get(name) if name is not None else None
        if record is not None:
            line.changes.extend(_granted(row, record))
            line = _leads_to(line, record)
        lines[row.pk] = line
    return lines


def _leads_to(line: Line, record: ExceptionRecord) -> Line:
    values = {name: getattr(line, name) for name in Line.__slots__}
    return Line(**{**values, "url": record.change_path()})


def _granted(row: JournalEntry, record: ExceptionRecord) -> list[str]:
    """What the exception's own row adds to the journal's line, by what happened: never what came later."""
    if row.what == "exception_asked":
        said = [_("refused before: %(sentence)s") % {"sentence": record.refusal}] if record.refusal else []
        return [*said, *([_("asked for: %(what)s") % {"what": record.asked_for}] if record.asked_for else [])]
    if row.what in {"exception_approved", "exception_entered"} and HOLDS_UNTIL not in row.new and record.until is not None:
        return changes_of({}, {HOLDS_UNTIL: until_text(record.until)})  # a line of before the journal kept it
    return []


def used_source(kind: Asked) -> Source:
    """When exceptions of a table were used up: the one thing of them that has no line of its own in the journal."""
    model = kind.model

    def rows(story: Story, until: datetime | None) -> Points:
        lines = entries_of(story, until).filter(what__startswith=DECISIONS)
        ids = JournalSubject.objects.filter(label=kind.label, entry__in=lines.values("pk")).values("object_id")
        found: Points = model._default_manager.filter(before("used_at", until), pk__in=ids, used_at__isnull=False)
        return found

    def lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
        return {
            row.pk: Line(
                key=f"used-{kind.name}-{row.pk}",
                at=row.used_at,
                group="exceptions",
                what=_("exception used"),
                why=row.asked_for or row.reason,
                rule=row.rule,
                edition=story.edition,
                url=row.change_path(),
            )
            for row in model._default_manager.filter(pk__in=keys)
        }

    return Source(group="exceptions", rows=rows, at=lambda until: F("used_at"), lines=lines)


def _letters(story: Story, until: datetime | None) -> Points:
    mine = story.of(until)
    if story.person is not None:
        mine |= Q(to_person=story.person)
    return Notice.objects.filter(mine, before("queued_at", until))


def _letter_at(until: datetime | None) -> Expression | F:
    """When it was sent, if that was known by then; else when it was owed."""
    sent = Q(sent_at__isnull=False) & before("sent_at", until)
    return Case(When(sent, then=F("sent_at")), default=F("queued_at"))


def _letter_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    lines = {}
    for row in Notice.objects.filter(pk__in=keys).defer("body", "context"):
        sent = row.sent_at is not None and (until is None or row.sent_at < until)
        # how a letter that was not sent ended has no time of its own: as of a past day it only was not sent
        state = NoticeState.SENT.label if sent else row.get_state_display() if until is None else _("not sent yet")
        lines[row.pk] = Line(
            key=f"letter-{row.pk}",
            at=row.sent_at if sent and row.sent_at is not None else row.queued_at,
            group="letters",
            what=_("letter “%(title)s” to %(to)s")
            % {"title": row.letter.rpartition(".")[2].replace("_", " "), "to": row.to_address},
            why=row.error if until is None and row.state == NoticeState.FAILED else "",
            state=str(state),
            url=reverse("admin:common_notice_change", args=[row.pk]),
        )
    return lines


def register() -> None:
    """Called when the app is ready."""
    SOURCES.add("letters", Source(group="letters", rows=_letters, at=_letter_at, lines=_letter_lines))
    SOURCES.add("decisions", Source(group="exceptions", rows=_decisions, at=_at, lines=_decision_lines))
    SOURCES.add("done", Source(group="done", rows=_done, at=_at, lines=_done_lines))
    add_night()
    _add_own()


def add_asked(kind: Asked) -> None:
    """A table of what is asked of staff: it stands in their queue, and where it is one of exceptions it tells when each was used."""
    ASKED.add(kind.name, kind)
    if kind.is_exception:
        SOURCES.add(f"used {kind.name}", used_source(kind))


def _add_own() -> None:
    """The floor's own: holds of the night, and what people ask about their own data."""
    add_asked(Asked(name="hold", title=gettext_lazy("holds of the night"), model=Hold, related=("asked_by",), subject=_held))
    add_asked(
        Asked(
            name="own-data",
            title=gettext_lazy("people’s own data"),
            model=DataRequest,
            related=("person",),
            subject=lambda row: ("person", row.person_id),
        )
    )


def _held(row: Hold) -> tuple[str, int] | None:
    name = kind_of_label(row.subject_label)
    return (name, row.subject_id) if name else None
