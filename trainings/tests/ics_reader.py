"""A strict reader of iCalendar (RFC 5545), so that what one library writes is not read by the same one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^;:]+)*):(.*)")
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND"}


@dataclass
class Calendar:
    properties: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)


def read_ics(body: bytes) -> Calendar:
    """The calendar's properties and events; instants as UTC datetimes. Fails on anything that the standard forbids."""
    calendar, stack = Calendar(), []
    for line in _lines(body):
        found = LINE.fullmatch(line)
        assert found, f"no content line: {line!r}"
        name, parameters, value = found.groups()
        if name == "BEGIN":
            assert value == ("VEVENT" if stack else "VCALENDAR"), f"unexpected {line}"
            stack.append(value)
            if value == "VEVENT":
                calendar.events.append({})
        elif name == "END":
            assert stack.pop() == value
            assert value == "VCALENDAR" or calendar.events[-1].keys() >= ONCE
        else:
            _keep(calendar.events[-1] if stack[-1] == "VEVENT" else calendar.properties, name, parameters, value)
    assert not stack, "something is not closed"
    return calendar


def _lines(body: bytes) -> list[str]:
    assert body.endswith(b"\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    physical = body.split(b"\r\n")[:-1]
    assert all(0 < len(line) <= 75 for line in physical), "a line is empty or longer than 75 octets"
    return body.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def _keep(into: dict[str, object], name: str, parameters: str, value: str) -> None:
    assert name not in into, f"{name} stands twice"
    if name in {"DTSTAMP", "DTSTART", "DTEND"}:
        assert not parameters, "instants are written in UTC"
        into[name] = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    elif name in {"SUMMARY", "DESCRIPTION", "LOCATION"}:
        assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value), f"unescaped: {value}"
        into[name] = re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)
    else:
        into[name] = value
