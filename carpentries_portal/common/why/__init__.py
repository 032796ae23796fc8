"""Why?: the timeline of one thing, from every table that says what happened to it, as of today or of any past day."""

from carpentries_portal.common.why.floor import add_asked, register
from carpentries_portal.common.why.kinds import KINDS, Ids, Kind, Story, kind_of_label
from carpentries_portal.common.why.lines import Line
from carpentries_portal.common.why.timeline import GROUPS, SOURCES, Source, Timeline, timeline, whole

__all__ = [
    "GROUPS",
    "KINDS",
    "SOURCES",
    "Ids",
    "Kind",
    "Line",
    "Source",
    "Story",
    "Timeline",
    "add_asked",
    "kind_of_label",
    "register",
    "timeline",
    "whole",
]
