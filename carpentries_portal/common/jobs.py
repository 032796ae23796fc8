"""Starting a task by its name, after commit. The message is only a doorbell: the work stands in the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)

Ring = tuple[str, tuple[tuple[str, Any], ...]]  # a task and its arguments
_rung: ContextVar[dict[Ring, None] | None] = ContextVar("rung", default=None)


def enqueue(task: str, **arguments: Any) -> None:
    """Ring for a task once the transaction is committed. A broker that is away loses nothing: the sweep looks each minute."""

    def ring() -> None:
        rung = _rung.get()
        if rung is None:
            _send(task, arguments)
        else:
            rung[task, tuple(sorted(arguments.items()))] = None

    transaction.on_commit(ring)


@contextmanager
def ringing_once() -> Iterator[None]:
    """Of the same bell, rung by each of many transactions, one message at the end; what was committed before a break rings too."""
    rung: dict[Ring, None] = {}
    token = _rung.set(rung)
    try:
        yield
    finally:
        _rung.reset(token)
        for task, arguments in rung:
            _send(task, dict(arguments))


def _send(task: str, arguments: dict[str, Any]) -> None:
    try:
        current_app.send_task(task, kwargs=arguments)
    except Exception as problem:  # noqa: BLE001  # whatever the transport raises: the sweep finds the work
        log.warning("no doorbell for %s: %s", task, problem)
