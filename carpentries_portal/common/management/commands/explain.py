"""bin/manage explain RULE: the verdict of a rule for a subject, the same that the pages show."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import clock
from carpentries_portal.common.explaining import EXPLAINERS, Subject, UnableToExplain
from carpentries_portal.common.handbook import RULES, Verdict
from carpentries_portal.common.instants import parse_instant


def as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "rule": verdict.rule,
        "name": verdict.name,
        "answer": verdict.answer.value,
        "sentence": verdict.sentence,
        "turns_on": verdict.turns_on.on.isoformat() if verdict.turns_on else None,
        "zone": verdict.turns_on.zone if verdict.turns_on else None,
        "exception": [verdict.exception.label, verdict.exception.id] if verdict.exception else None,
    }


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("rule", help="such as R6")
        parser.add_argument("--membership", type=int)
        parser.add_argument("--training", default="", help="its code")
        parser.add_argument("--booking", type=int)
        parser.add_argument("--place", type=int)
        parser.add_argument("--seats", type=int)
        parser.add_argument("--zone", default="", help="of the site")
        parser.add_argument("--as-of", help="an instant such as 2018-02-12T23:30-06:00 (default: now)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        rule = options["rule"].upper()
        if rule not in RULES:
            raise CommandError(f"“{options['rule']}” is not a rule of the handbook.", returncode=2)
        explainer = EXPLAINERS.get(rule)
        if explainer is None:
            raise CommandError(f"{rule} cannot be explained yet. These can: {', '.join(EXPLAINERS.names())}.", returncode=2)
        subject = Subject(
            now=parse_instant(options["as_of"]) if options["as_of"] else clock.now(),
            membership=options["membership"],
            code=options["training"],
            booking=options["booking"],
            place=options["place"],
            seats=options["seats"],
            site_zone=options["zone"],
        )
        try:
            verdicts = explainer(subject)
        except UnableToExplain as problem:
            raise CommandError(str(problem), returncode=2) from problem
        if options["json"]:
            self.stdout.write(json.dumps([as_json(verdict) for verdict in verdicts], ensure_ascii=False))
            return
        for verdict in verdicts:
            self.stdout.write(f"{verdict.rule}, {verdict.name}: {verdict.answer.value}")
            self.stdout.write(f"  {verdict.sentence}")
