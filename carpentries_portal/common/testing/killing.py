"""A worker that kills itself, once, at a named point: `celery -A carpentries_portal.common.testing.killing worker`, with PORTAL_TEST=1 only.

KILL_AT says where: "module:function before|after N", the N-th time that the function is called. The file "killed" in the data folder
says that it happened, so that the worker that comes next lives.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init, worker_ready
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from carpentries_portal.celery import app

__all__ = ["app"]

if not settings.PORTAL_TEST:
    raise ImproperlyConfigured("This worker kills itself: only with PORTAL_TEST=1.")


def _die() -> None:
    """As a machine that loses its power: nothing is rolled back, closed or said."""
    killed = Path(settings.DATA_DIR) / "killed"
    if not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(function: Callable[..., Any], when: str, turn: int) -> Callable[..., Any]:
    calls = 0

    @functools.wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls == turn
        if mine and when == "before":
            _die()
        result = function(*args, **kwargs)
        if mine and when == "after":
            _die()
        return result

    return counted


@functools.cache
def _lay() -> None:
    where, when, turn = os.environ["KILL_AT"].split()
    module, _colon, name = where.partition(":")
    *outer, last = name.split(".")
    owner: Any = functools.reduce(getattr, outer, importlib.import_module(module))
    setattr(owner, last, _wrapped(getattr(owner, last), when, int(turn)))


def lay(**_signal: Any) -> None:
    """Once all is loaded and before the first task: in the worker, and in each process of its pool, which was forked before."""
    _lay()


worker_ready.connect(lay, weak=False)
worker_process_init.connect(lay, weak=False)
