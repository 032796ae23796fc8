"""bin/manage enforce: the nightly run by hand; with --dry-run its plan, which writes nothing."""

from __future__ import annotations

import argparse
import json
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import RULES, BrokenSubject, PlannedAction, brake, holds, runs
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.instants import parse_instant
from carpentries_portal.common.models import BrakedAction


def as_json(action: PlannedAction) -> dict[str, object]:
    return {
        "rule": action.rule,
        "subject": [action.label, action.subject_id],
        "text": action.subject_text,
        "cut_off": action.cut_off.on.isoformat(),
        "zone": action.cut_off.zone,
        "sentence": action.verdict.sentence,
        "letters": list(action.letters),
    }


def _subject(problem: BrokenSubject) -> list[object]:
    return [problem.label, problem.subject_id]


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print the plan, change nothing")
        parser.add_argument("--as-of", help="an instant such as 2018-02-12T23:30-06:00 (default: now)")
        parser.add_argument("--rule", action="append", default=[], help="only this rule; may be given again")
        parser.add_argument("--release", help="RULE:DAY, such as R7:2018-03-01: let the run do what the brake held back")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        as_of = parse_instant(options["as_of"]) if options["as_of"] else now
        for rule in options["rule"]:
            if RULES.get(rule) is None:
                raise CommandError(f"“{rule}” is not a rule of the run. It has: {', '.join(RULES.names())}.", returncode=2)
        if options["release"]:
            self._release(options["release"], now)
        elif options["dry_run"]:
            self._show(as_of, options)
        else:
            self._run(as_of, now, options)

    def _show(self, as_of: datetime, options: dict[str, Any]) -> None:
        actions, broken = plan(now=as_of, rules=options["rule"])
        held = holds.among(actions, as_of)
        _free, braked = brake.split([action for action in actions if action.key not in held])
        if options["json"]:
            body = {
                "as_of": as_of.isoformat(),
                "actions": [as_json(action) for action in actions],
                "held": [as_json(action) for action in actions if action.key in held],
                "braked": [as_json(action) for action in braked],
                "broken": [{"rule": problem.rule, "subject": _subject(problem), "error": problem.error} for problem in broken],
            }
            self.stdout.write(json.dumps(body, ensure_ascii=False))
            return
        self.stdout.write(
            f"As of {as_of:%Y-%m-%d %H:%M} UTC: {len(actions)} actions, {len(held)} of them held, {len(braked)} braked"
        )
        for action in actions:
            mark = " (held)" if action.key in held else " (braked)" if action in braked else ""
            self.stdout.write(f"  {action.rule}  {action.cut_off.on}  {action.subject_text}: {action.verdict.sentence}{mark}")
        for problem in broken:
            subject = f" {problem.label} {problem.subject_id}" if problem.subject_id else ""
            self.stdout.write(f"  {problem.rule}{subject} is broken: {problem.error}")

    def _run(self, as_of: datetime, now: datetime, options: dict[str, Any]) -> None:
        if as_of > now and not settings.PORTAL_TEST:
            raise CommandError("The run cannot be ahead of the clock. Look ahead with --dry-run.", returncode=2)
        row = runs.run(now=as_of, rules=options["rule"])
        counts = {"applied": row.applied, "unchanged": row.unchanged, "held": row.held, "braked": row.braked, "failed": row.failed}
        if options["json"]:
            errors = [
                {"rule": problem.rule, "subject": [problem.subject_label, problem.subject_id], "error": problem.error}
                for problem in row.errors.order_by("pk")
            ]
            self.stdout.write(json.dumps({"as_of": as_of.isoformat(), **counts, "errors": errors}, ensure_ascii=False))
        else:
            self.stdout.write(", ".join(f"{count} {word}" for word, count in counts.items()))
            for error in row.errors.all():
                self.stdout.write(f"  {error}")
        if row.failed:
            raise SystemExit(1)

    def _release(self, given: str, now: datetime) -> None:
        rule, _colon, day = given.partition(":")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise CommandError(f"“{given}” is not RULE:DAY, such as R7:2018-03-01.", returncode=2) from None
        try:
            count = brake.release(rule=rule, on=on, by=None, now=now)
        except UnableTo as problem:
            waiting = BrakedAction.objects.filter(released_at__isnull=True, closed_at__isnull=True).count()
            raise CommandError(f"{problem} {waiting} wait in all.", returncode=1) from problem
        self.stdout.write(f"{count} released: the next run does them if they still hold.")
