"""Staff's page that merges two people: the other one is named, all that moves is shown, then it is done, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import merging, once
from carpentries_portal.common.buttons import NoteForm
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person, email_key
from carpentries_portal.common.requests import now_of, person_of

if TYPE_CHECKING:
    from carpentries_portal.common.admin_base import SeenOnlyAdmin

PERMISSION = "common.merge_people"


class OtherForm(forms.Form):
    """Who the other one is."""

    other = forms.CharField(label=gettext_lazy("Address of the other row: it ends"), max_length=254)

    def clean_other(self) -> Person:
        found = Person.objects.filter(email_key=email_key(self.cleaned_data["other"])).first()
        if found is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return found


def merge_view(model_admin: SeenOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """GET ?other=address shows what would happen; POST does it, if it still is what was shown."""
    if not person_of(request).has_perm(PERMISSION):
        raise PermissionDenied
    kept = Person.objects.filter(pk=pk).first()
    if kept is None:
        raise Http404
    asking = OtherForm(request.GET or None)
    preview = merging.preview(kept, asking.cleaned_data["other"]) if asking.is_bound and asking.is_valid() else None
    form = NoteForm(request.POST or None)
    if request.method == "POST" and preview is not None and form.is_valid() and _merged(request, preview, form):
        return redirect("admin:common_person_change", kept.pk)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": Person._meta,
        "original": kept,
        "title": _("Merge another person into %(person)s") % {"person": kept},
        "asking": asking,
        "preview": preview,
        "form": form,
        "once": request.POST.get("once") or once.new_token(request.path),
    }
    return render(request, "admin/portal/merge.html", context)


def _merged(request: HttpRequest, preview: merging.Preview, form: forms.Form) -> bool:
    """Call the action, once for this form; what stands against it stands in the form."""
    by, now = person_of(request), now_of(request)
    values = {"kept_id": preview.kept.pk, "merged_id": preview.merged.pk, "why": form.cleaned_data["why"]}
    try:
        with transaction.atomic():
            once.claim(request.POST.get("once", ""), form=request.path, now=now)
            merging.merge_people(**values, seen=request.POST.get("seen", ""), by=by, now=now)
    except once.DoneAlreadyError:
        messages.info(request, _("This was done already, a moment ago."))
        return True
    except UnableTo as problem:
        form.add_error(None, str(problem))
        return False
    messages.success(request, _("Merged: %(merged)s is %(kept)s.") % {"merged": preview.merged.email, "kept": preview.kept.email})
    return True
