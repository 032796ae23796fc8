"""Starting a task by its name, after commit. The message is only a doorbell: the work stands in the database."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def enqueue(task: str, **arguments: Any) -> None:
    """Ring for a task once the transaction is committed. A broker that is away loses nothing: the sweep looks each minute."""

    def ring() -> None:
        try:
            current_app.send_task(task, kwargs=arguments)
        except Exception as problem:  # noqa: BLE001  # whatever the transport raises: the sweep finds the work
            log.warning("no doorbell for %s: %s", task, problem)

    transaction.on_commit(ring)
