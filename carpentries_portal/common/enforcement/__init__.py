"""The engine of the nightly run: rules plan actions with their reasons, one by one, and apply each exactly once."""

from carpentries_portal.common.enforcement.registry import (
    RULES,
    BrokenSubject,
    Planned,
    PlannedAction,
    Rule,
    plan_each,
)

__all__ = ["RULES", "BrokenSubject", "Planned", "PlannedAction", "Rule", "plan_each"]
