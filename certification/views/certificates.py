"""Whether a certificate is genuine, for anybody; and its file, for who holds it."""

from __future__ import annotations

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from certification import access, certificate_queries
from certification.certificate_emails import file_name
from certification.policy.certificates import typed_number

NUMBER_LIMIT = "certificate_number"  # ACCOUNT_RATE_LIMITS: counted in the cache, which all processes share


class NumberForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Number of the certificate"),
        max_length=100,
        help_text=gettext_lazy(
            "Sixteen letters and digits, as on the paper: 7QX2-M4TN-9KDC-VH3R. Dashes and small letters do not matter."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )

    def clean_number(self) -> str:
        number = typed_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                _("A number has sixteen letters and digits. Compare it with the paper: none of them is I, L, O or U.")
            )
        return number


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_number(request: HttpRequest) -> HttpResponse:
    """A page to type the number; it leads to what the certificate attests. So many tries, then one waits."""
    form, status = NumberForm(request.POST or None), 200
    if request.method == "POST":
        if not ratelimit.consume(request, action=NUMBER_LIMIT):
            form = NumberForm()
            return _closed(render(request, "certification/verify_number.html", {"form": form, "wait": True}, status=429))
        if form.is_valid():
            token = certificate_queries.token_of(form.cleaned_data["number"])
            if token is not None:
                return _closed(redirect("certification:verify", token))
            form.add_error("number", _("We have no certificate with this number. Compare it with the paper, sign by sign."))
            status = 404
    return _closed(render(request, "certification/verify_number.html", {"form": form}, status=status))


@never_cache
@require_safe
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """What a certificate attests: valid, replaced by a newer file, revoked, of somebody who was forgotten; or none of ours (404)."""
    checked = certificate_queries.check_token(token)
    if checked is None:
        return _closed(render(request, "certification/verify_unknown.html", status=404))
    return _closed(render(request, "certification/verify.html", {"checked": checked}))


def _closed(answer: HttpResponse) -> HttpResponse:
    """No search engine keeps it, and no other site learns the address."""
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer, strict-origin"
    return answer


@never_cache
@login_required
@require_safe
def download(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """The file of the revision that counts, the same bytes each time; 404 where it is not drawn yet, or revoked."""
    certificate, revision = access.certificate_file_or_404(certificate_id, person=request.user)
    if revision.pdf is None:
        raise Http404
    answer = HttpResponse(bytes(revision.pdf), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(certificate)}"'
    return answer
