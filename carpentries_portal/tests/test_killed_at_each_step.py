"""A worker killed outright at each step of a night and of a mailing, as a real process with a real mail server.

Another one goes on: the end is that of a night in which nobody died. No letter is lost; none leaves twice, but for the one that lay between the
mail server's OK and our commit.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from carpentries_portal.common.testing.mailserver import MailServer
from carpentries_portal.common.testing.stack import Stack, free_port
from carpentries_portal.tests.night_of_twelve import ACTIONS, LATER, MAKE, NIGHT, OPEN, OVER, PATIENCE, SENT, told

PROGRESS = "SELECT (SELECT count(*) FROM common_appliedaction) + (SELECT count(*) FROM common_notice WHERE state = 'sent')"
RUNS, APPLY = "carpentries_portal.common.enforcement.runs", "carpentries_portal.common.enforcement.apply"
OK_OF_FOURTH = 3 * 7 + 6  # answers: hello, EHLO, MAIL, RCPT, DATA, the letter, QUIT
DELIVERY = "carpentries_portal.common.notices.delivery"
STEPS_OF_THE_NIGHT = {
    "the run is a row and nobody has it": f"{RUNS}:waiting_runs after 1",
    "a worker has it and has planned nothing": f"{RUNS}:_plan before 1",
    "half of the rules are planned": f"{RUNS}:_store_planned after 5",
    "holds and brakes are marked, not committed": "carpentries_portal.common.enforcement.brake:hold_back after 1",
    "planned, nothing done": f"{RUNS}:_do_slice before 1",
    "locked, the key is in, the effect is not": f"{APPLY}:_insert_key after 4",
    "the effect is there, not committed": "trainees.enforcement.rosters:CloseRoster.effect after 3",
    "letters are owed, the training is not cancelled yet": "trainings.enforcement:CancelEmpty.effect after 2",
    "committed, the outcome is not kept": f"{RUNS}:apply after 6",
    "all done, not one outcome kept": f"{RUNS}:apply after 12",
    "the outcomes are kept, the run is not over": f"{RUNS}:_do_slice after 1",
    "all is done but the sum": f"{RUNS}:_finish before 1",
    "the run is over, no letter has left": f"{RUNS}:_finish after 1",
}
STEPS_OF_A_MAILING = {
    "the first letter is claimed, not made": f"{DELIVERY}:compose before 1",
    "a letter is claimed, not made": f"{DELIVERY}:compose before 4",
    "it is made, its link too, no server is asked": f"{DELIVERY}:_send before 4",
    "the server is there, nothing is said": "smtplib:SMTP.connect after 4",
    "in mid-session, who writes is said": "smtplib:SMTP.mail after 4",
    "in mid-session, the address is taken": "smtplib:SMTP.rcpt after 4",
    "in mid-session, the letter is about to go": "smtplib:SMTP.data before 4",
    "the server has it, its OK is not read": f"smtplib:SMTP.getreply before {OK_OF_FOURTH}",
    "the server said OK, we have not kept it": f"{DELIVERY}:_keep before 4",
    "kept, the next is not claimed": f"{DELIVERY}:_keep after 4",
}
TWICE = {"the server has it, its OK is not read", "the server said OK, we have not kept it"}  # the known gap
QUICK = {"committed, the outcome is not kept", "the server said OK, we have not kept it"}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The data as they are before the night."""
    stack = Stack(tmp_path_factory.mktemp("before"), moved=NIGHT)
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("shell", "--verbosity", "0", "--command", MAKE)
    return stack


@pytest.fixture(scope="module")
def undisturbed(before: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a night does in which nobody dies."""
    stack = Stack(tmp_path_factory.mktemp("undisturbed"), moved=NIGHT, like=before)
    stack.manage("enforce")
    found = told(stack)
    assert (len(found["keys"]), found["errors"], found["audit"]) == (ACTIONS, [], [])
    return found


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stack(before: Stack, mail: MailServer, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, moved=NIGHT, like=before, EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
    yield stack
    stack.stop()


def die(stack: Stack, at: str, *, pool: str = "solo") -> None:
    """A worker that dies at the step. With several processes in the pool only the one that worked dies, and another takes its place."""
    stack.env["KILL_AT"] = at
    doomed = stack.start_worker("doomed", app="carpentries_portal.common.testing.killing", pool=pool)
    stack.wait((stack.folder / "killed").exists, f"killed {at}", seconds=PATIENCE)
    if pool == "solo":
        stack.kill(doomed)
    assert not stack.count(OVER) or stack.count(OPEN), "it was killed too late: nothing was left to do"


def goes_on(stack: Stack, *, at: datetime | None = None) -> None:
    stack.move_clock(at.isoformat() if at else LATER)
    stack.wait(lambda: stack.count(OVER) and not stack.count(OPEN), "the night is over and every letter has left", seconds=PATIENCE)
    stack.stop()


def same(found: dict[str, Any], undisturbed: dict[str, Any]) -> None:
    """All that was done, word for word; one run that counts all of it as its own."""
    assert {what: found[what] for what in undisturbed if what != "runs"} == {
        what: undisturbed[what] for what in undisturbed if what != "runs"
    }
    assert found["runs"] == [[ACTIONS, ACTIONS, 0, 0, 0]]


def steps(named: dict[str, str]) -> list[Any]:
    return [pytest.param(at, id=name, marks=[] if name in QUICK else [pytest.mark.long]) for name, at in named.items()]


@pytest.mark.parametrize("at", steps(STEPS_OF_THE_NIGHT))
def test_killed_in_the_night_all_is_done_once_and_each_letter_leaves_once(
    stack: Stack, mail: MailServer, undisturbed: dict[str, Any], at: str
) -> None:
    die(stack, at)
    stack.start_worker("next")
    goes_on(stack)
    same(told(stack), undisturbed)
    letters = mail.taken()
    assert len(letters) == stack.count(SENT) == sum(n for *_letter, n in undisturbed["letters"])
    assert set(letters.values()) == {1}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.long]) for name in STEPS_OF_A_MAILING]
)
def test_killed_in_a_mailing_no_letter_is_lost_and_none_leaves_twice_but_in_the_known_gap(
    stack: Stack, mail: MailServer, undisturbed: dict[str, Any], name: str
) -> None:
    die(stack, STEPS_OF_A_MAILING[name])
    stack.start_worker("next")
    goes_on(stack)
    same(told(stack), undisturbed)
    letters = mail.taken()
    assert len(letters) == stack.count(SENT) == sum(n for *_letter, n in undisturbed["letters"])
    twice = Counter(letters.values())[2]
    assert (sum(letters.values()) - len(letters), twice) == ((1, 1) if name in TWICE else (0, 0))


@pytest.mark.long
def test_one_process_of_a_pool_is_killed_another_takes_its_place(
    stack: Stack, mail: MailServer, undisturbed: dict[str, Any]
) -> None:
    die(stack, STEPS_OF_THE_NIGHT["the effect is there, not committed"], pool="prefork")
    goes_on(stack)
    same(told(stack), undisturbed)
    assert set(mail.taken().values()) == {1}


@pytest.mark.long
def test_killed_again_and_again_at_any_instant_all_is_done_once(
    stack: Stack, mail: MailServer, undisturbed: dict[str, Any]
) -> None:
    """Where no name was thought of: as soon as something was done, and a moment more."""
    dice, kills = random.Random(5), 6
    for turn in range(kills):
        worker, begun = stack.start_worker(f"worker-{turn}"), stack.count(PROGRESS)
        stack.wait(lambda begun=begun: stack.count(PROGRESS) > begun, "something is done", seconds=PATIENCE, every=0.003)
        time.sleep(dice.random() / 10)  # a moment more: the instant of the kill is what varies
        stack.kill(worker)
        stack.move_clock((datetime.fromisoformat(NIGHT) + (turn + 1) * timedelta(minutes=16)).isoformat())
        if stack.count(OVER) and not stack.count(OPEN):
            break
    stack.start_worker("last")
    goes_on(stack, at=datetime.fromisoformat(NIGHT) + (kills + 1) * timedelta(minutes=16))
    same(told(stack), undisturbed)
    letters = mail.taken()
    assert len(letters) == stack.count(SENT) == sum(n for *_letter, n in undisturbed["letters"])
    assert sum(letters.values()) - len(letters) <= kills, "at most the one that was on its way, each time"
