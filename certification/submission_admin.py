"""Staff's pages of submissions: seen, and a pass that was a mistake taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated, named
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.requests import now_of, person_of
from certification import actions, policy, queries
from certification.models import Checkout, Submission
from certification.states import SubmissionState
from trainings.models.trainings import without_heavy


def _take_pass_back(request: HttpRequest, row: Submission, values: dict[str, Any]) -> None:
    actions.take_pass_back(submission_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _pass_story(request: HttpRequest, row: Submission) -> list[str]:
    """What it means, or what stands against it."""
    checkout = Checkout.objects.with_story().get(pk=row.checkout_id)
    verdict = policy.take_pass_back(queries.facts(checkout), queries.work_of(row), now=now_of(request))
    exercise = _("%(exercise)s, passed %(day)s.") % {
        "exercise": queries.exercise_name(checkout, row.exercise),
        "day": day_text(row.confirmed_on or row.done_on),
    }
    return [str(checkout), exercise, verdict.sentence, _("The person gets a letter with the reason.")]


@admin.register(Submission)
class SubmissionAdmin(SeenOnlyAdmin):
    buttons = (
        Button(
            "take-pass-back",
            gettext_lazy("Take the pass back…"),
            form=NoteForm,
            run=_take_pass_back,
            consequence=_pass_story,
            shown=lambda request, row: row.state == SubmissionState.PASSED,
        ),
    )
    list_display = ["checkout", "exercise", "state", "done_on", "confirmed_on", "submitted_at", "reviewed_by"]
    list_filter = ["state", named("exercise", gettext_lazy("exercise"), queries.exercise_choices), dated("submitted_at")]
    search_fields = ["checkout__place__name", "checkout__place__person__email_key"]
    list_select_related = ["checkout__place__training", "reviewed_by"]
    list_without = without_heavy("checkout__place__training__")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Not the file itself: admin would link to it where nothing is served."""
        return [name for name in super().get_readonly_fields(request, obj) if name not in {"file", "file_token"}]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_readonly_fields(request, obj)
