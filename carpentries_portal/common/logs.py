"""Logs and error reports without people: addresses of e-mail, and the keys that stand in links, are masked in whatever leaves.

No import of Django's: settings stand on this module.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from pythonjsonlogger.json import JsonFormatter

ADDRESS = re.compile(r"[^\s@<>\"'`,;:()\[\]{}|\\/=]+@[^\s@<>\"'`,;:()\[\]{}|\\/=]+\.[A-Za-z]{2,}")
KEY = re.compile(r"(/(?:enter|calendar)/)[^/\s\"'?.]+")  # a personal link, a calendar of one's own: who has it is let in
QUIET = (
    "weasyprint",
    "weasyprint.progress",
    "fontTools",
    "django_guid",
    "django_guid.celery",
)  # each step of each certificate, each id
QUIETER = ("gunicorn.http.wsgi",)  # a warning for each HEAD: Django leaves it to the server to drop the body
LINE = "{asctime} {levelname} {name}: {message}"
FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s"


def without_people(text: str) -> str:
    """The text with each address as "[address]" and each key as "[key]"."""
    if "@" in text:
        text = ADDRESS.sub("[address]", text)
    return KEY.sub(r"\1[key]", text)


class LineFormatter(logging.Formatter):
    """One line a record, for people who read it as it goes by."""

    def format(self, record: logging.LogRecord) -> str:
        return without_people(super().format(record))


class ObjectFormatter(JsonFormatter):
    """One JSON object a record: at, level, logger, message, request_id, and what the record carries beside."""

    def __init__(self) -> None:
        names = {"asctime": "at", "levelname": "level", "name": "logger"}
        super().__init__(FIELDS, datefmt="%Y-%m-%dT%H:%M:%S%z", rename_fields=names)

    def format(self, record: logging.LogRecord) -> str:
        return without_people(super().format(record))


def formatter(form: str) -> logging.Formatter:
    """The one of a form: "json" or "line"."""
    return ObjectFormatter() if form == "json" else LineFormatter(LINE, style="{")


def report_without_people(event: Any, hint: Any = None) -> Any:
    """An error report as it may leave: no user, cookies, headers, query or body, and all texts masked."""
    event.pop("user", None)
    event.get("extra", {}).pop("sys.argv", None)  # a command may name somebody
    request = event.get("request")
    if request:
        event["request"] = {name: request[name] for name in ("method", "url") if name in request}
    return _masked(event)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return without_people(value)
    if isinstance(value, Mapping):
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return value


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: all to one stream, as "json" or "line", each line with the request's id."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "django_guid.log_filters.CorrelationId", "correlation_id_field": "request_id"}},
        "formatters": {form: {"()": formatter, "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["request_id"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET} | {name: {"level": "ERROR"} for name in QUIETER},
    }


def report_errors(*, to: str, environment: str) -> None:
    """Send errors to a collector that speaks Sentry's protocol; `to` is its address with our key."""
    import sentry_sdk  # loaded only where it is used: it wraps much of what it finds

    sentry_sdk.init(
        dsn=to,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,  # they hold names and addresses
        max_request_body_size="never",
        before_send=report_without_people,
    )
