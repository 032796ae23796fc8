"""Redis goes away in the night, PostgreSQL goes away in the night, the mail server has a bad day: all recover by themselves, nothing is lost or doubled."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from carpentries_portal.common.testing.mailserver import MailServer
from carpentries_portal.common.testing.services import Postgres, Redis
from carpentries_portal.common.testing.stack import Stack, free_port
from carpentries_portal.tests.night_of_twelve import LATER, MAKE, NIGHT, OPEN, OVER, PATIENCE, SENT, exact

NEXT_NIGHT = "2018-02-21T12:31:00+00:00"
CLOSED = "SELECT count(*) FROM common_appliedaction WHERE rule = 'P6'"
BEGUN = {"in the run": (CLOSED, 2), "in the mailing": (SENT, 3)}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer(free_port())
    server.start()
    yield server
    server.stop()


def asked(stack: Stack, path: str) -> tuple[int, str]:
    """Status and page; (0, why) where nobody answers."""
    try:
        with urllib.request.urlopen(stack.url + path, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()
    except OSError as problem:
        return 0, str(problem)


class TestOnServicesOfItsOwn:
    """Web, worker and beat, each a process, beside a PostgreSQL and a Redis that come and go."""

    pytestmark = [pytest.mark.pg, pytest.mark.long]

    @pytest.fixture
    def redis(self, tmp_path: Path) -> Iterator[Redis]:
        redis = Redis(tmp_path)
        redis.start()
        yield redis
        redis.stop()

    @pytest.fixture
    def postgres(self) -> Iterator[Postgres]:
        postgres = Postgres()
        postgres.start()
        yield postgres
        postgres.close()

    @pytest.fixture
    def stack(self, tmp_path: Path, redis: Redis, postgres: Postgres, mail: MailServer) -> Iterator[Stack]:
        mail.slow = 0.15  # so that a night lasts a while
        stack = Stack(
            tmp_path,
            moved="2018-02-19T12:31:00+00:00",
            DATABASE_URL=postgres.url,
            REDIS_URL=redis.url,
            EMAIL_URL=f"smtp://127.0.0.1:{mail.port}",
        )
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("shell", "--verbosity", "0", "--command", MAKE)
        stack.start()
        stack.wait(lambda: stack.count(OVER) == 1 and not stack.count(OPEN), "the night before is over", seconds=PATIENCE)
        yield stack
        stack.stop()

    def begin(self, stack: Stack, begun: str) -> None:
        before = stack.count(SENT)
        stack.move_clock(NIGHT)
        sql, enough = BEGUN[begun]
        enough += before if begun == "in the mailing" else 0
        stack.wait(lambda: stack.count(sql) >= enough, f"the night is {begun}", seconds=PATIENCE, every=0.01)

    @pytest.mark.parametrize("begun", BEGUN)
    def test_redis_is_gone_in_the_night_worker_and_beat_come_back_when_it_does(
        self, stack: Stack, redis: Redis, mail: MailServer, begun: str
    ) -> None:
        self.begin(stack, begun)
        redis.stop()
        assert [asked(stack, path)[0] for path in ("/healthz", "/", "/partners/")] == [200, 200, 200]
        stack.wait(lambda: stack.count(OVER) == 2, "the run that had begun goes on without a queue", seconds=PATIENCE)
        stack.move_clock(NEXT_NIGHT)
        redis.start()
        stack.wait(lambda: stack.count(OVER) == 3 and not stack.count(OPEN), "the next night is done", seconds=PATIENCE)
        stack.stop()
        exact(stack, mail)

    @pytest.mark.parametrize("begun", BEGUN)
    def test_postgresql_starts_anew_in_the_night_all_three_come_back(
        self, stack: Stack, postgres: Postgres, mail: MailServer, begun: str
    ) -> None:
        self.begin(stack, begun)
        postgres.stop()
        answers = {path: asked(stack, path) for path in ("/healthz", "/", "/trainings/")}
        assert {path: status for path, (status, _page) in answers.items()} == {"/healthz": 503, "/": 503, "/trainings/": 503}
        assert "We are back in a minute" in answers["/trainings/"][1]
        postgres.start()
        postgres.wait_ready()
        assert [asked(stack, path)[0] for path in answers] == [200, 200, 200]
        stack.move_clock(LATER)
        stack.wait(lambda: stack.count(OVER) == 2 and not stack.count(OPEN), "the night is over", seconds=PATIENCE)
        stack.stop()
        exact(stack, mail, twice=1)  # the one that was with the mail server
