"""What people fill in about their own data, and whom coordinators invite. Saves nothing."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class OwnNameForm(forms.Form):
    name = forms.CharField(
        label=_("Your name, as the portal greets you"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class CorrectionForm(forms.Form):
    text = forms.CharField(
        label=_("What is wrong, and how should it read?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Such as: your address, your name on a team’s list or on a certificate, minutes of attendance."),
    )


class ForgetMeForm(forms.Form):
    text = forms.CharField(
        label=_("Anything that staff should know (optional)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    keep_verifiable = forms.BooleanField(
        label=_("If I hold a certificate, its number can still be checked, without my name."),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    sure = forms.BooleanField(
        label=_("I know that it cannot be undone, and that I can download no certificate afterwards."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Tick this box too: forgetting cannot be undone.")},
    )


class InviteForm(forms.Form):
    """Another coordinator."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("A letter with a personal link goes there at once."))
