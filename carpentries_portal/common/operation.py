"""How the portal works: the last run, the queue of letters, who is at work; for the status page, `bin/manage status` and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.heartbeats import SILENT_AFTER, SWEEP
from carpentries_portal.common.models import BrakedAction, Heartbeat, Notice, Run, RunError
from carpentries_portal.common.models.notices import NoticeState

GOOD_FOR = timedelta(hours=26)  # a day, and two hours for a night that is caught up
STUCK_AFTER = timedelta(minutes=30)  # a letter that was due so long ago has nobody who sends it
TRIED_OFTEN = 4  # or has been refused for over twenty minutes (delivery.BACK_OFF_MINUTES)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Process:
    """A worker, or the sweep that beat starts each minute."""

    name: str
    seen_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Status:
    """All that staff and an alarm need. `problems` are sentences; the portal works when there is none."""

    now: datetime
    last_run: Run | None
    last_good: Run | None
    letters_due: int
    letters_later: int
    letters_stuck: int
    letters_failed: int  # in the last day
    oldest_due_at: datetime | None
    braked: int
    processes: tuple[Process, ...]
    problems: tuple[str, ...]

    @property
    def works(self) -> bool:
        return not self.problems


def _last_good() -> Run | None:
    """The last whole run that finished with no rule broken. Single broken subjects stop nobody: they stand on the desk."""
    broken_rules = RunError.objects.filter(run=OuterRef("pk"), subject_id__isnull=True)
    rows = runs.whole_runs().filter(finished_at__isnull=False).exclude(Exists(broken_rules))
    return rows.order_by("-finished_at").first()


def _stuck(now: datetime) -> Q:
    return Q(due_at__lt=now - STUCK_AFTER) | Q(attempts__gte=TRIED_OFTEN)


def status(*, now: datetime) -> Status:
    """Read it all, in a fixed number of queries."""
    waiting = Notice.objects.filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING])
    due = waiting.filter(Q(due_at__lte=now) | Q(attempts__gt=0))
    beats = Heartbeat.objects.order_by("name")
    processes = tuple(Process(row.name, row.seen_at, alive=row.seen_at >= now - SILENT_AFTER) for row in beats)
    last_good, stuck = _last_good(), due.filter(_stuck(now)).count()
    return Status(
        now=now,
        last_run=Run.objects.filter(started_at__isnull=False).order_by("-pk").select_related("by").first(),
        last_good=last_good,
        letters_due=due.count(),
        letters_later=waiting.filter(due_at__gt=now, attempts=0).count(),
        letters_stuck=stuck,
        letters_failed=Notice.objects.filter(state=NoticeState.FAILED, claimed_at__gt=now - DAY).count(),
        oldest_due_at=due.aggregate(oldest=Min("queued_at"))["oldest"],
        braked=BrakedAction.objects.filter(released_at__isnull=True, closed_at__isnull=True).count(),
        processes=processes,
        problems=tuple(_problems(now, last_good=last_good, stuck=stuck, processes=processes)),
    )


def _problems(now: datetime, *, last_good: Run | None, stuck: int, processes: tuple[Process, ...]) -> list[str]:
    found = []
    if last_good is None or last_good.finished_at is None:
        found.append(_("No run has finished yet: worker and beat have to be started."))
    elif last_good.finished_at < now - GOOD_FOR:
        hours = int((now - last_good.finished_at).total_seconds() // 3600)
        found.append(
            _("The last good run finished %(hours)d hours ago. The next one starts by itself when worker and beat work.")
            % {"hours": hours}
        )
    if stuck:
        found.append(
            ngettext(
                "%(n)d letter is stuck: look at the worker and at the mail server.",
                "%(n)d letters are stuck: look at the worker and at the mail server.",
                stuck,
            )
            % {"n": stuck}
        )
    if not any(process.alive and process.name != SWEEP for process in processes):
        found.append(_("No worker has given a sign of life in the last minutes."))
    if not any(process.alive and process.name == SWEEP for process in processes):
        found.append(_("The sweep of each minute does not come: beat, or every worker, has stopped."))
    return found
