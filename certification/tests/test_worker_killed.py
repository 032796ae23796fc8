"""Workers that are killed while they draw and while they mail, as real processes: one certificate, one file, one letter each."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carpentries_portal.common.testing.stack import ROOT, Stack

NOW = datetime(2018, 3, 20, 10, tzinfo=UTC)  # before the night's hour
MAKE = """
from datetime import date, datetime, UTC
from carpentries_portal.common.models import Notice
from certification.factories import Team, certify
for number in range(2):
    team = Team(10, starts_on=date(2018, 1, 23 + 7 * number), start=10 * number)
    for at in range(10):
        certify(team, at, now=datetime(2018, 3, 20, 9, tzinfo=UTC))
Notice.objects.exclude(code="L14").update(state="cancelled")
"""
LOOK = """
import json
from carpentries_portal.common.models import JournalEntry, Notice
from certification.models import Certificate, CertificateRevision
print(json.dumps({
    "certificates": Certificate.objects.count(),
    "revisions": CertificateRevision.objects.count(),
    "drawn": CertificateRevision.objects.filter(drawn_at__isnull=False).count(),
    "stored": JournalEntry.objects.filter(what="certificate_drawn").count(),
    "sent": Notice.objects.filter(letter="certification.certificate", state="sent").count(),
    "owed": Notice.objects.filter(letter="certification.certificate").exclude(state="cancelled").count(),
}))
"""


class Worker:
    """The stack's worker alone, so that it can be killed and started again."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        command = [str(Path(sys.executable).parent / "celery"), "-A", "carpentries_portal", "worker", "-B", "--pool", "solo"]
        log = (stack.folder / "worker.log").open("ab")
        schedule = ["--schedule", str(stack.folder / "beat"), "--loglevel", "INFO"]
        self.process = subprocess.Popen(
            [*command, *schedule], cwd=ROOT, env=stack.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        log.close()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, moved=NOW.isoformat())
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("shell", "--verbosity", "0", "-c", MAKE)
    yield stack
    stack.stop()


def look(stack: Stack) -> dict[str, int]:
    found: dict[str, int] = json.loads(stack.manage("shell", "--verbosity", "0", "-c", LOOK).splitlines()[-1])
    return found


def mailed(stack: Stack) -> Counter[str]:
    """How many letters with a certificate each person got, counted in the files that left."""
    return Counter(
        str(message["To"])
        for message in stack.letters()
        if any(re.match(r"certificate-.*\.pdf$", part.get_filename() or "") for part in message.iter_attachments())
    )


@pytest.mark.long
def test_killed_again_and_again_each_has_one_certificate_one_file_one_letter(stack: Stack) -> None:
    now, kills = NOW, 0
    try:
        for enough in ("drawing", "drawing", "mailing", "mailing"):
            worker = Worker(stack)
            before = len(mailed(stack))
            if enough == "drawing":  # the first file is in, the others are not: it is drawing one now
                begun = look(stack)["drawn"]
                stack.wait(lambda: look(stack)["drawn"] > begun, "a certificate is drawn", seconds=90)  # noqa: B023  # waits at once
            else:
                stack.wait(lambda: len(mailed(stack)) > before, "a letter leaves", seconds=90)  # noqa: B023  # as above
            worker.kill()
            kills += 1
            now += timedelta(minutes=16)  # what was claimed by the dead is free again
            stack.move_clock(now.isoformat())
        worker = Worker(stack)
        stack.wait(lambda: look(stack)["sent"] == 20, "every letter has left", seconds=120)
    finally:
        worker.kill()
    assert look(stack) == {"certificates": 20, "revisions": 20, "drawn": 20, "stored": 20, "sent": 20, "owed": 20}
    letters = mailed(stack)
    assert len(letters) == 20
    assert sum(letters.values()) - 20 <= kills  # the known gap: between the server's OK and our commit, one letter a kill
    assert max(letters.values()) <= 1 + kills
