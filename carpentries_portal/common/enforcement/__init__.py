"""The engine of the nightly run: rules plan actions with their reasons, one by one, and apply each exactly once."""

from carpentries_portal.common.enforcement.registry import RULES, PlannedAction, Rule

__all__ = ["RULES", "PlannedAction", "Rule"]
