"""Reads that nearly every page makes, compiled once a process: building the same SQL anew takes the ORM longer than the database needs for it.

    @prepared
    def _of_person(person_id: Any) -> QuerySet[Membership]:
        return Membership.objects.coordinated_by(person_id).order_by("ends_on", "pk")

    rows = _of_person(person_id=7)                     # a list, asked anew each time

The function is called once, with a slot for each argument: an expression that stands where a value would (not where Python decides on it;
None is no value). An argument may be a list, for `field__pk__in`: once for each length, and without a row where it is empty.
A number that no column holds (an address that somebody made up) has no row either, as Django says where it compiles one.
Nothing but the SQL is kept. PostgreSQL keeps its plan too, for each connection (PREPARE): planning a join of six tables takes longer than reading
a few rows. Behind a pooler that hands connections on between transactions it must not: DISABLE_SERVER_SIDE_CURSORS in the database's settings, which
Django asks for there anyway, turns it off.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import weakref
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from psycopg2.extensions import AsIs

Row = TypeVar("Row")
LENGTHS = 100
IDS = range(-(2**63), 2**63)
PLANS = 300
"""So many are kept for a connection; what comes after is planned each time."""

_numbers = itertools.count(1)
_planned: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()
"""By the driver's connection: what it has prepared ends with it."""


class Slot(Expression):
    """Where a value will stand; of a list, the one at `place`."""

    def __init__(self, name: str, place: int | None = None) -> None:
        super().__init__()
        self.name = name
        self.place = place

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # filled in later
        return "%s", [self]

    def value(self, values: Mapping[str, Any], connection: Any) -> Any:
        """The value, as the database takes it."""
        given = values[self.name] if self.place is None else values[self.name][self.place]
        if isinstance(given, datetime):
            return connection.ops.adapt_datetimefield_value(given)
        return connection.ops.adapt_datefield_value(given) if isinstance(given, date) else given


def _twin(thing: Any) -> Any:
    """Another object with the same attributes: `copy` would read a queryset, and `clone` takes much longer."""
    twin = object.__new__(type(thing))
    twin.__dict__.update(thing.__dict__)
    return twin


class _Compiled:
    """A queryset and its SQL."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self.rows = rows
        self.compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self.params = self.compiler.as_sql()
        self.name = f"portal_{next(_numbers)}"

    def ask(self, values: Mapping[str, Any]) -> QuerySet[Any, Any]:
        """The queryset, to be read once."""
        connection = connections[DEFAULT_DB_ALIAS]
        if self.rows.query.select_for_update and not connection.in_atomic_block:  # as Django says when it compiles one
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        asked = self._planned(values, connection) or self._plain(values, connection)
        compiler, query, rows = _twin(self.compiler), _twin(self.rows.query), _twin(self.rows)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: asked
        query.get_compiler = lambda *args, **kwargs: compiler
        rows._query, rows._db = query, DEFAULT_DB_ALIAS
        return rows  # type: ignore[no-any-return]  # the twin of a queryset

    def _plain(self, values: Mapping[str, Any], connection: Any) -> tuple[str, tuple[Any, ...]]:
        return self.sql, tuple(each.value(values, connection) if isinstance(each, Slot) else each for each in self.params)

    def _planned(self, values: Mapping[str, Any], connection: Any) -> tuple[str, tuple[Any, ...]] | None:
        """The same as EXECUTE of a statement that this connection has prepared; None where it keeps none."""
        if connection.vendor != "postgresql" or connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            return None
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        known = _planned.setdefault(connection.connection, set())
        slots = [each for each in self.params if isinstance(each, Slot)]
        if self.name not in known:
            if len(known) >= PLANS:
                return None
            numbers = (AsIs(f"${number}") for number in itertools.count(1))
            given = tuple(next(numbers) if isinstance(each, Slot) else each for each in self.params)
            with connection.wrap_database_errors, connection.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {self.name} AS {self.sql}", given)
            known.add(self.name)
        arguments = f" ({', '.join(['%s'] * len(slots))})" if slots else ""
        return f"EXECUTE {self.name}{arguments}", tuple(each.value(values, connection) for each in slots)


def prepared(build: Callable[..., QuerySet[Any, Row]]) -> Callable[..., list[Row]]:
    """The rows of the queryset that `build` makes, as a function of its arguments by name."""
    names = set(inspect.signature(build).parameters)

    @functools.lru_cache(maxsize=LENGTHS)
    def compiled(lengths: tuple[tuple[str, int | None], ...]) -> _Compiled:
        slots = {name: Slot(name) if length is None else [Slot(name, place) for place in range(length)] for name, length in lengths}
        return _Compiled(build(**slots))

    @functools.wraps(build)
    def read(**values: Any) -> list[Row]:
        if values.keys() != names:
            raise TypeError(f"{build.__name__} takes {', '.join(sorted(names))}")
        if any(isinstance(value, int) and value not in IDS for value in values.values()):
            return []
        lengths = tuple((name, len(value) if isinstance(value, (list, tuple)) else None) for name, value in values.items())
        if any(length == 0 for _name, length in lengths):
            return []
        return list(compiled(lengths).ask(values))

    read.forget = compiled.cache_clear  # type: ignore[attr-defined]  # for tests that change what a queryset is
    return read


def first(rows: list[Row]) -> Row | None:
    """Of rows that were asked for with a limit of one."""
    return rows[0] if rows else None
