"""The admin site: staff's desk. Its start page says what needs a decision."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common import asked_admin, desk, figures_admin, night_admin, run_admin, search_admin, why_admin
from carpentries_portal.common.exporting import file_routes
from carpentries_portal.common.requests import now_of, person_of


class PortalAdminSite(AdminSite):
    """Django admin as the desk of staff."""

    site_title = gettext_lazy("Instructor training")
    site_header = gettext_lazy("Instructor training: the desk")
    index_template = "admin/portal/index.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Addresses are kept in step with people by our actions, and nobody edits rows: neither allauth’s tables (addresses, secrets) nor groups stand here."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        ours = [model for model in models if model._meta.app_label not in {"account", "mfa"} and model is not Group]
        if ours:
            super().register(ours, admin_class, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Admin's own pages, those of the night, and those that span apps."""
        night: list[URLPattern | URLResolver] = [
            path("why/<slug:kind>/<int:pk>/", self.admin_view(why_admin.why_page), name="why"),
            path("search/", self.admin_view(search_admin.search_page), name="search"),
            path("exceptions/", self.admin_view(asked_admin.queue_page), name="exceptions"),
            *file_routes("exceptions/list.{kind}", self.admin_view(asked_admin.queue_export), name="exceptions"),
            *file_routes("why/<slug:subject>/<int:pk>/list.{kind}", self.admin_view(why_admin.why_file), name="why"),
            *file_routes("figures/<slug:name>.{kind}", self.admin_view(figures_admin.figure_file), name="figure"),
            *file_routes("runs/<int:pk>/list.{kind}", self.admin_view(run_admin.run_file), name="run_report"),
            path("exceptions/decide/", self.admin_view(asked_admin.decide_page), name="exceptions_decide"),
            path("figures/", self.admin_view(figures_admin.figures_page), name="figures"),
            path("tonight/", self.admin_view(night_admin.tonight), name="tonight"),
            path("tonight/<str:rule>/<int:pk>/letters/", self.admin_view(night_admin.tonight_letters), name="tonight_letters"),
            path("tonight/<str:rule>/<int:pk>/hold/", self.admin_view(night_admin.tonight_hold), name="tonight_hold"),
            path("tonight/run/", self.admin_view(run_admin.run_now), name="run_now"),
            path("runs/<int:pk>/", self.admin_view(run_admin.run_report), name="run_report"),
            path("status/", self.admin_view(run_admin.status_page), name="status"),
        ]
        return night + super().get_urls()

    def _build_app_dict(self, request: HttpRequest, label: Any = None) -> dict[str, Any]:
        """Names as text: lazy, each would be translated again for every comparison of a sort."""
        found: dict[str, Any] = super()._build_app_dict(request, label)
        for app in [found] if "models" in found else found.values():
            app["name"] = str(app["name"])
            for model in app["models"]:
                model["name"] = str(model["name"])
        return found

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Built once a request: the start page and its frame ask for the same."""
        kept: dict[str | None, list[dict[str, Any]]] = request.__dict__.setdefault("_app_lists", {})
        if app_label not in kept:
            kept[app_label] = super().get_app_list(request, app_label)
        return kept[app_label]

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff log in where everybody does (`secure_admin_login`); who is logged in and no staff is told so."""
        return redirect(get_next_redirect_url(request) or reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Nobody has a password here: people log in by a code or a link."""
        raise Http404

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        person = person_of(request)
        cards = [card for card in desk.cards(person, now=now_of(request)) if card.items]
        count = sum(card.count for card in cards if card.urgent)
        title = (
            ngettext("%(n)d thing waits for a decision", "%(n)d things wait for a decision", count) % {"n": count}
            if count
            else _("Nothing waits for a decision")
        )
        more = {
            "title": title,
            "cards": cards,
            "runs": desk.last_run() if person.has_perm("common.view_run") else None,
            "may_figures": bool(figures_admin.seen_by(person)),
        }
        return super().index(request, {**(extra_context or {}), **more})
