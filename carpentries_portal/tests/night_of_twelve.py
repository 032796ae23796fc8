"""A night with twelve things to do, for tests with real processes: made, asked about, and told."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from carpentries_portal.common.testing.mailserver import MailServer
from carpentries_portal.common.testing.stack import Stack

ACTIONS = 12
DONE = {"R7": 3, "R12": 1, "P6": 8}  # three trainings cancelled, one year ended, eight rosters closed
PATIENCE = 240  # seconds, on a machine that has other things to do
NIGHT = "2018-02-20T12:30:00+00:00"
LATER = "2018-02-20T12:46:00+00:00"  # every lease is over
MAKE = """
from datetime import date, datetime, UTC
from carpentries_portal.common.models import Notice
from memberships.factories import CoordinatorFactory, MembershipFactory
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
for n in range(8):
    coordinator = CoordinatorFactory(email=f"c{n}@example.org")
    membership = MembershipFactory(organization=coordinator.organization)
    training = TrainingFactory(starts_on=date(2018, 3, 12), trainers=[TrainerFactory(email=f"t{n}@example.org")])
    booking = BookingFactory(training=training, membership=membership, by=coordinator.person, seats=6)
    if n % 2:
        name_people(booking, 4, by=coordinator.person, start=10 * n)
for n in range(3):
    TrainingFactory(starts_on=date(2018, 3, 12 + n), trainers=[TrainerFactory(email=f"empty{n}@example.org")])
ended = CoordinatorFactory(email="ended@example.org")
MembershipFactory(organization=ended.organization, starts_on=date(2017, 2, 18), ends_on=date(2018, 2, 18), now=datetime(2018, 1, 5, tzinfo=UTC))
Notice.objects.all().delete()
"""
# What the night has done, without when and by which run; and what it says of itself.
TELL = """
import json
from collections import Counter
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice, Run, RunError
from memberships.models import Membership
from trainings.models import Booking, Training
counted = lambda rows: sorted([*map(str, key), n] for key, n in Counter(rows).items())
print("TOLD" + json.dumps({
    "keys": counted(AppliedAction.objects.values_list("rule", "subject_label", "subject_id", "cut_off_on", "round")),
    "journal": counted(JournalEntry.objects.filter(at__gte="2018-02-19T12:00Z").values_list("what", "rule", "why")),
    "seats": counted(Membership.objects.values_list("pk", "available", "reserved", "used", "forfeited")),
    "bookings": counted(Booking.objects.values_list("pk", "state", "seats", "cancelled_seats")),
    "trainings": counted(Training.objects.values_list("pk", "state", "cancelled_why")),
    "letters": counted((one, key, occasion.split(":")[0]) for one, key, occasion in Notice.objects.values_list("letter", "to_key", "occasion")),
    "runs": [[r.due, r.applied, r.unchanged, r.braked, r.failed] for r in Run.objects.filter(finished_at__isnull=False)],
    "errors": list(RunError.objects.values_list("error", flat=True)),
    "audit": [str(one) for one in run_audits()],
}))
"""
OPEN = "SELECT count(*) FROM common_notice WHERE state IN ('queued', 'sending')"
SENT = "SELECT count(*) FROM common_notice WHERE state = 'sent'"
OVER = "SELECT count(*) FROM common_run WHERE night IS NOT NULL AND finished_at IS NOT NULL"


def told(stack: Stack) -> dict[str, Any]:
    return dict(json.loads(stack.manage("shell", "--verbosity", "0", "--command", TELL).split("TOLD")[1]))


def exact(stack: Stack, mail: MailServer, *, twice: int = 0) -> None:
    """Each effect is there once, the sums of the runs too, the ledger adds up, each letter left once; `twice`: how many may have left again."""
    found = told(stack)
    assert Counter({rule: n for rule, n in Counter(key[0] for key in found["keys"]).items() if rule in DONE}) == DONE
    lines = Counter(
        {what: sum(line[-1] for line in found["journal"] if line[0] == what) for what in ("roster_closed", "training_cancelled")}
    )
    assert lines == {"roster_closed": 8, "training_cancelled": 3}
    assert sum(run[1] for run in found["runs"]) == len(found["keys"])
    assert (found["errors"], found["audit"]) == ([], [])
    letters = mail.taken()
    assert len(letters) == stack.count(SENT) == sum(n for *_letter, n in found["letters"])
    assert sum(letters.values()) - len(letters) <= twice
