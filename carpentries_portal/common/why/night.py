"""What the night did to a thing: what it applied, what its brake held back, who released that, and where it broke.

Each line stands on an instant that is never written again, so that a past day is told as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import day_text
from carpentries_portal.common.models import AppliedAction, BrakedAction, RunError
from carpentries_portal.common.why.kinds import Story
from carpentries_portal.common.why.lines import Line
from carpentries_portal.common.why.timeline import SOURCES, Points, Source, before

GROUP = "night"
KEY = ("rule", "subject_label", "subject_id", "cut_off_on", "round")


def _words(rule: str, day: date) -> dict[str, str]:
    return {"rule": rule, "day": day_text(day)}


def _report(run_id: int | None, otherwise: str) -> str:
    """The report of the run; of one that is gone, another page."""
    return reverse("admin:run_report", args=[run_id]) if run_id else otherwise


def _applied(story: Story, until: datetime | None) -> Points:
    return AppliedAction.objects.filter(story.of(until), before("applied_at", until))


def _applied_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    return {
        row.pk: Line(
            key=f"night-{row.pk}",
            at=row.applied_at,
            group=GROUP,
            what=_("the nightly run applied %(rule)s, cut-off %(day)s") % _words(row.rule, row.cut_off_on),
            why=row.sentence,
            rule=row.rule,
            edition=story.edition,
            url=_report(row.run_id, reverse("admin:common_appliedaction_change", args=[row.pk])),
        )
        for row in AppliedAction.objects.filter(pk__in=keys)
    }


def _braked(story: Story, until: datetime | None) -> Points:
    return BrakedAction.objects.filter(story.of(until), before("braked_at", until))


def _released(story: Story, until: datetime | None) -> Points:
    return BrakedAction.objects.filter(story.of(until), before("released_at", until), released_at__isnull=False)


def _let_go(story: Story, until: datetime | None) -> Points:
    """What waits no longer, and was not done: what was done has its own line."""
    same = {name: OuterRef(name) for name in KEY}
    done = AppliedAction.objects.filter(**same, applied_at__lte=OuterRef("closed_at"))
    rows = BrakedAction.objects.filter(story.of(until), before("closed_at", until), closed_at__isnull=False)
    return rows.exclude(Exists(done))


def _braked_rows(keys: Sequence[int]) -> list[BrakedAction]:
    return list(BrakedAction.objects.filter(pk__in=keys).select_related("released_by"))


def _brake_line(story: Story, row: BrakedAction, *, word: str, at: datetime, what: str, why: str, who: str = "") -> Line:
    return Line(
        key=f"{word}-{row.pk}",
        at=at,
        group=GROUP,
        what=what % _words(row.rule, row.cut_off_on),
        why=why,
        who=who,
        rule=row.rule,
        edition=story.edition,
        url=reverse("admin:common_brakedaction_change", args=[row.pk]),
    )


def _braked_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    """Held back: with the sentence of the rule, and why it waits."""
    lines = {}
    for row in _braked_rows(keys):
        what = _("the brake held back what the nightly run would do by %(rule)s, cut-off %(day)s")
        line = _brake_line(story, row, word="braked", at=row.braked_at, what=what, why=row.sentence)
        line.changes.append(_("too much was due for one day: nothing is done until staff release it"))
        if row.seats:
            line.changes.append(ngettext("it is about %(n)d seat", "it is about %(n)d seats", row.seats) % {"n": row.seats})
        lines[row.pk] = line
    return lines


def _released_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    lines = {}
    for row in _braked_rows(keys):
        if row.released_at is not None:
            what = _("what the brake held back of %(rule)s was released, cut-off %(day)s")
            why = _("The next run does it, if it still holds then: %(sentence)s") % {"sentence": row.sentence}
            who = str(row.released_by or "")
            lines[row.pk] = _brake_line(story, row, word="released", at=row.released_at, what=what, why=why, who=who)
    return lines


def _let_go_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    lines = {}
    for row in _braked_rows(keys):
        if row.closed_at is not None:
            what = _("what the brake held back of %(rule)s waits no longer, cut-off %(day)s")
            why = _("It is not due any more: its reason is gone, and nothing was done.")
            lines[row.pk] = _brake_line(story, row, word="let-go", at=row.closed_at, what=what, why=why)
    return lines


def _broken(story: Story, until: datetime | None) -> Points:
    return RunError.objects.filter(story.of(until), before("at", until))


def _broken_lines(story: Story, keys: Sequence[int], until: datetime | None) -> Mapping[int, Line]:
    return {
        row.pk: Line(
            key=f"broken-{row.pk}",
            at=row.at,
            group=GROUP,
            what=_("the nightly run could not do %(rule)s") % {"rule": row.rule},
            why=_("An error stopped it, so nothing of it was done; the next run tries again. The error: %(error)s")
            % {"error": row.error},
            rule=row.rule,
            edition=story.edition,
            url=_report(row.run_id, ""),
        )
        for row in RunError.objects.filter(pk__in=keys)
    }


def add_night() -> None:
    """The sources of the night's own tables."""
    SOURCES.add("broken", Source(group=GROUP, rows=_broken, at=lambda until: F("at"), lines=_broken_lines))
    SOURCES.add("braked", Source(group=GROUP, rows=_braked, at=lambda until: F("braked_at"), lines=_braked_lines))
    SOURCES.add("released", Source(group=GROUP, rows=_released, at=lambda until: F("released_at"), lines=_released_lines))
    SOURCES.add("let go", Source(group=GROUP, rows=_let_go, at=lambda until: F("closed_at"), lines=_let_go_lines))
    SOURCES.add(GROUP, Source(group=GROUP, rows=_applied, at=lambda until: F("applied_at"), lines=_applied_lines))
