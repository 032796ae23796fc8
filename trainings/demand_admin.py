"""Staff's page of what teams wait for: seen by month, closed with a reason. Beside the form that announces a training it stands, too."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.requests import now_of, person_of
from trainings import actions, queries
from trainings.models import Demand
from trainings.states import DemandState


def _close(request: HttpRequest, row: Demand, values: dict[str, Any]) -> None:
    actions.withdraw_demand(demand_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


@admin.register(Demand)
class DemandAdmin(SeenOnlyAdmin):
    list_display = ["membership", "seats", "dates_that_suit", "hours", "state", "asked_at", "asked_by"]
    list_filter = ["state"]
    search_fields = ["membership__organization__name", "note"]
    ordering = ["state", "-asked_at"]
    change_list_template = "admin/portal/demands.html"
    buttons = (
        Button(
            "close",
            gettext_lazy("Close…"),
            form=NoteForm,
            run=_close,
            consequence=lambda request, row: [
                str(row),
                _("It leaves the desk, and its coordinators get no letter about trainings that suit. They can say it anew."),
            ],
            shown=lambda request, row: row.state == DemandState.OPEN,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return Demand.objects.select_related("membership__organization", "asked_by").prefetch_related("dates")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["dates_that_suit", *super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("dates that suit"))
    def dates_that_suit(self, row: Demand) -> str:
        return "; ".join(str(span) for span in sorted(row.dates.all(), key=lambda span: span.first_on))

    @admin.display(description=gettext_lazy("hours"))
    def hours(self, row: Demand) -> str:
        return f"{row.earliest:%H:%M}–{row.latest:%H:%M} {row.zone}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **waited_for(request)})


def waited_for(request: HttpRequest) -> dict[str, Any]:
    """What waits now, by month, for a page's context."""
    now = now_of(request)
    return {"demand_months": queries.by_month(queries.waiting_demands(now), now=now)}
