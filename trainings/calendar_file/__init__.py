"""The training calendar's file: its rows, read from columns, and checked against the texts beside them. Pure."""

from trainings.calendar_file.rows import COLUMNS, KNOWN, CalendarRow, EditionOn, read_calendar

__all__ = ["COLUMNS", "KNOWN", "CalendarRow", "EditionOn", "read_calendar"]
