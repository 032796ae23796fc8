"""Admin of the floor: editions, journal, runs; with letters, people and their own data."""

from __future__ import annotations

from django.contrib import admin

from carpentries_portal.common import letters_admin, own_data_admin  # noqa: F401  # register letters; people and their requests
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.models import (
    AppliedAction,
    BrakedAction,
    EditionRecord,
    JournalEntry,
    Run,
)


@admin.register(EditionRecord)
class EditionAdmin(SeenOnlyAdmin):
    list_display = ["name", "in_force_from"]


@admin.register(JournalEntry)
class JournalAdmin(SeenOnlyAdmin):
    list_display = ["at", "what", "rule", "why", "by_name"]
    list_filter = ["rule", "what"]
    search_fields = ["why", "by_name"]
    date_hierarchy = "at"


@admin.register(Run)
class RunAdmin(SeenOnlyAdmin):
    list_display = ["as_of", "applied", "unchanged", "braked", "failed", "finished_at"]


@admin.register(AppliedAction)
class AppliedActionAdmin(SeenOnlyAdmin):
    list_display = ["applied_at", "rule", "subject_label", "subject_id", "cut_off_on", "sentence"]
    list_filter = ["rule"]


@admin.register(BrakedAction)
class BrakedActionAdmin(SeenOnlyAdmin):
    list_display = ["cut_off_on", "rule", "subject_text", "sentence", "released_at", "closed_at"]
    list_filter = ["rule"]
