"""Queries by one id that are put into SQL once a thread: for what an action asks each time. Django makes the text anew for each
query, and for a wide one that takes longer than the database needs to answer it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
_ID = 2**62 + 4093  # stands for the id in the text; no row has it


class Prepared(Generic[Row]):
    """`rows` makes the queryset for an id, which it may use wherever a value stands. Nothing else in it may change."""

    def __init__(self, rows: Callable[[int], QuerySet[Any, Row]]) -> None:
        self._rows = rows
        self._ready = threading.local()

    def get(self, pk: int) -> Row:
        """The row, read now. Raises the model's DoesNotExist. A lock needs a transaction, as ever."""
        rows = self.all(pk)
        if not rows:
            raise self._made()[3].model.DoesNotExist
        return rows[0]

    def all(self, pk: int) -> list[Row]:
        """Every row, read now."""
        compiler, text, values, queryset = self._made()
        given = tuple(pk if value == _ID else value for value in values)
        compiler.as_sql = lambda *_args, **_more: (text, given)  # type: ignore[method-assign]  # of this one instance
        return list(queryset._iterable_class(queryset))  # type: ignore[arg-type,call-overload,no-any-return]  # the queryset's own rows

    def _made(self) -> tuple[SQLCompiler, str, tuple[Any, ...], QuerySet[Any, Row]]:
        if (made := getattr(self._ready, "made", None)) is None or made[0].connection is not connections[made[3].db]:
            queryset = self._rows(_ID)
            compiler = queryset.query.get_compiler(using=queryset.db)
            text, values = compiler.as_sql()
            queryset.query.get_compiler = lambda *_args, **_more: compiler  # type: ignore[method-assign]  # of this one instance
            made = self._ready.made = compiler, text, tuple(values), queryset
        return made  # type: ignore[no-any-return]  # what stands there
