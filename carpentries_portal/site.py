"""The admin site: staff's desk. Its start page says what needs a decision."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import desk
from carpentries_portal.common.requests import now_of


class PortalAdminSite(AdminSite):
    """Django admin as the desk of staff."""

    site_title = gettext_lazy("Instructor training")
    site_header = gettext_lazy("Instructor training: the desk")
    index_template = "admin/portal/index.html"
    login_template = "account/request_login_code.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Addresses are kept in step with people by our actions: nobody edits allauth's table by hand."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        ours = [model for model in models if model._meta.app_label != "account"]
        if ours:
            super().register(ours, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        cards = [card for card in desk.cards(now=now_of(request)) if card.items]
        count = sum(len(card.items) for card in cards if card.urgent)
        title = (
            ngettext("%(n)d thing needs a decision today", "%(n)d things need a decision today", count) % {"n": count}
            if count
            else _("Nothing needs a decision today")
        )
        return super().index(request, {**(extra_context or {}), "title": title, "cards": cards, "runs": desk.last_run()})
