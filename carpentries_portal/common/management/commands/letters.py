"""bin/manage letters: those that wait to leave, the next first. --take-back ID … --by ADDRESS --why TEXT: these do not leave; for when no worker runs, so that nobody gets a code to log in."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from carpentries_portal.common import clock
from carpentries_portal.common.models import Notice, Person, email_key
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import again

WAITING = (NoticeState.QUEUED, NoticeState.SENDING)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--take-back", nargs="+", type=int, default=[], metavar="ID")
        parser.add_argument("--by", help="the address of the member of staff who takes them back")
        parser.add_argument("--why", help="stands in the log and in the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["take_back"]:
            self._take_back(options["take_back"], by=options["by"], why=options["why"])
            return
        rows = Notice.objects.filter(state__in=WAITING).order_by("due_at", "pk")
        for row in rows.iterator():
            about = f" ({row.subject_label} {row.subject_id})" if row.subject_label else ""
            self.stdout.write(f"{row.pk}  {row.due_at:%Y-%m-%d %H:%M} UTC  {row.state}  {row.letter}{about}  to {row.to_address}")
        self.stdout.write(f"{rows.count()} letters wait.")

    def _take_back(self, ids: list[int], *, by: str | None, why: str | None) -> None:
        """All of them or none."""
        if not by or not why:
            raise CommandError("Say --by whom and --why.")
        person = Person.objects.filter(email_key=email_key(by), is_staff=True).first()
        if person is None:
            raise CommandError("--by is the address of a member of staff.")
        try:
            with transaction.atomic():
                for pk in ids:
                    again.take_back(notice_id=pk, why=why, by=person, now=clock.now())
        except (again.UnableToTakeBack, Notice.DoesNotExist) as problem:
            raise CommandError(f"{pk}: {problem} None was taken back.") from problem
        self.stdout.write(f"{len(ids)} taken back.")
