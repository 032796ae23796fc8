"""What staff's pages of the night share: who may, where a subject's page is, and admin's frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from carpentries_portal.common.requests import person_of

Answer = TypeVar("Answer", bound=HttpResponseBase)


def needs(permission: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Staff with the permission; others are told that they may not."""

    def guard(view: Callable[..., Answer]) -> Callable[..., Answer]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
            if not person_of(request).has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


def subject_url(label: str, pk: int | None) -> str:
    """Staff's page of what a rule acts on; empty where there is none."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return ""
    if pk is None or not admin.site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def named_url(subject: str) -> str:
    """Staff's page of "booking 7", as the audit names a row; empty where it is named otherwise."""
    noun, _space, number = subject.rpartition(" ")
    if not (number.isascii() and number.isdigit()):
        return ""
    labels = [model._meta.label_lower for model in admin.site._registry if str(model._meta.verbose_name) == noun]
    return subject_url(labels[0], int(number)) if labels else ""


def frame(request: HttpRequest, title: str, **context: Any) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title, **context}
