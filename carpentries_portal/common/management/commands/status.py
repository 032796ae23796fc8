"""bin/manage status: last run, queue of letters, who is at work. Exit 1 when the last good run is older than 26 hours, letters are stuck, or nobody works."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from carpentries_portal.common import clock
from carpentries_portal.common.models import Run
from carpentries_portal.common.operation import Status, status


def _instant(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def _run(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    counts = {name: getattr(run, name) for name in ("due", "applied", "unchanged", "held", "braked", "failed")}
    finished = run.finished_at.isoformat() if run.finished_at else None
    return {"id": run.pk, "as_of": run.as_of.isoformat(), "finished_at": finished, **counts}


def as_json(found: Status) -> dict[str, object]:
    """No name and no address: an alarm may keep it."""
    return {
        "works": found.works,
        "problems": list(found.problems),
        "last_run": _run(found.last_run),
        "last_good_run": _run(found.last_good),
        "letters": {
            "due": found.letters_due,
            "later": found.letters_later,
            "stuck": found.letters_stuck,
            "failed_in_a_day": found.letters_failed,
            "oldest_owed_since": found.oldest_due_at.isoformat() if found.oldest_due_at else None,
        },
        "braked": found.braked,
        "processes": [{"name": one.name, "seen_at": one.seen_at.isoformat(), "alive": one.alive} for one in found.processes],
    }


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = status(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), ensure_ascii=False))
        else:
            self._show(found)
        if not found.works:
            raise SystemExit(1)

    def _show(self, found: Status) -> None:
        last, good = found.last_run, found.last_good
        say = self.stdout.write
        say(
            f"last run        {_instant(last.started_at) if last else 'never'}, {'finished' if last and last.finished_at else 'not finished'}"
        )
        say(f"last good run   {_instant(good.finished_at if good else None)}")
        say(
            f"letters         {found.letters_due} due, {found.letters_later} later, {found.letters_stuck} stuck, {found.letters_failed} failed in a day"
        )
        say(f"oldest unsent   {_instant(found.oldest_due_at) if found.oldest_due_at else 'none'}")
        say(f"under the brake {found.braked}")
        for process in found.processes:
            say(f"process         {process.name}, {'alive' if process.alive else 'silent'}, seen {_instant(process.seen_at)}")
        for problem in found.problems:
            say(f"PROBLEM         {problem}")
