"""Admin of the floor: editions, journal, letters, runs; with people and their own data."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from carpentries_portal.common import own_data_admin  # noqa: F401  # registers people and their requests
from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.models import (
    AppliedAction,
    BrakedAction,
    EditionRecord,
    JournalEntry,
    Notice,
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


@admin.register(Notice)
class NoticeAdmin(SeenOnlyAdmin):
    list_display = ["due_at", "code", "letter", "to_address", "state", "sent_at"]
    list_filter = ["state", "code"]
    search_fields = ["to_key", "subject_line"]
    exclude = ["context"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in super().get_readonly_fields(request, obj) if name != "context"]


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
