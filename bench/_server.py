"""A gunicorn of a benchmark, and clients that ask it: as many at once as told, each over a connection of its own."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GUNICORN = str(Path(sys.executable).parent / "gunicorn")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: str = ""
    cookie: str = ""
    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Of all requests of a round: how long each took (seconds), which statuses came, how long all took."""

    times: list[float]
    statuses: dict[int, int]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.95)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(application: str, *, workers: int = 2, threads: int = 8, **env: str) -> Iterator[int]:
    """Its port; stopped at the end."""
    port = free_port()
    command = [
        GUNICORN,
        application,
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(workers),
        "--threads",
        str(threads),
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, env={**os.environ, **env})
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)  # it is starting: asked again, for half a minute
        else:
            raise SystemExit(f"{application} did not start within 30 seconds")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def run(port: int, requests: list[Request], *, clients: int) -> Result:
    """All requests, dealt out to the clients as each becomes free."""
    waiting = iter(requests)
    lock = threading.Lock()
    times: list[float] = []
    statuses: dict[int, int] = {}

    def client() -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=60)
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                return
            headers = {"Cookie": request.cookie} if request.cookie else {}
            if request.csrf:
                headers["X-CSRFToken"] = request.csrf
            if request.body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            begin = time.perf_counter()
            connection.request(request.method, request.path, body=request.body or None, headers=headers)
            answer = connection.getresponse()
            answer.read()
            took = time.perf_counter() - begin
            with lock:
                times.append(took)
                statuses[answer.status] = statuses.get(answer.status, 0) + 1

    begin = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Result(times, statuses, time.perf_counter() - begin)
