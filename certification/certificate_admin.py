"""Staff's pages of certificates: corrected, revoked, kept, drawn again; many drawn anew; the certified as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.admin_base import SeenOnlyAdmin
from carpentries_portal.common.admin_lists import dated
from carpentries_portal.common.buttons import Button, NoteForm
from carpentries_portal.common.requests import now_of, person_of
from certification import actions, certificate_queries, exports
from certification.certificate_forms import DaysForm, HoldForm, NameForm, NothingForm, ReissueForm, RevokeForm
from certification.models import Certificate, CertificateRevision, Checkout, Reissue
from certification.states import CheckoutState


def _correct(request: HttpRequest, row: Certificate, values: dict[str, Any]) -> None:
    actions.correct_certificate(certificate_id=row.pk, **values, by=person_of(request), now=now_of(request))


def _revoke(request: HttpRequest, row: Certificate, values: dict[str, Any]) -> None:
    actions.revoke_certificate(certificate_id=row.pk, **values, by=person_of(request), now=now_of(request))


def _keep(request: HttpRequest, row: Certificate, values: dict[str, Any]) -> None:
    actions.keep_certificate(certificate_id=row.pk, **values, by=person_of(request), now=now_of(request))


def _draw_again(request: HttpRequest, row: Certificate, values: dict[str, Any]) -> None:
    newest = certificate_queries.newest(row)
    actions.draw_again(revision_id=newest.pk, by=person_of(request), now=now_of(request))


def _story(row: Certificate) -> list[str]:
    newest = certificate_queries.newest(row)
    said = _("%(name)s, number %(number)s, revision %(n)d.") % {"name": newest.name, "number": row.number, "n": newest.revision}
    return [
        said,
        *([_("Not drawn yet: %(error)s") % {"error": newest.error or _("it waits for a worker.")}] if not newest.sha256 else []),
    ]


def _correcting(request: HttpRequest, row: Certificate) -> list[str]:
    return [
        *_story(row),
        _("A new file under the same number is drawn and mailed to its holder."),
        _("Whoever checks the old file reads that it was replaced, and is led to the new one."),
    ]


def _revoking(request: HttpRequest, row: Certificate) -> list[str]:
    return [
        *_story(row),
        _("Whoever checks it reads from now on that it was revoked, and when; the reason is the holder’s alone, by letter."),
        _("The checkout closes with it. It can be reopened; a new certificate then has a new number."),
    ]


def _doubtful(request: HttpRequest, row: Certificate) -> bool:
    return _alive(request, row) and row.doubted_at is not None


def _undrawn(request: HttpRequest, row: Certificate) -> bool:
    return CertificateRevision.objects.to_draw().filter(certificate=row.pk).exists()


def _alive(request: HttpRequest, row: Certificate) -> bool:
    return row.is_valid and row.forgotten_at is None


class Revisions(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    """Each file that was made, the newest first."""

    model = CertificateRevision
    fields = readonly_fields = ("revision", "name", "why", "made_at", "drawn_at", "attempts", "error", "sha256")
    extra = 0
    ordering = ("-revision",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("pdf")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Certificate)
class CertificateAdmin(SeenOnlyAdmin):
    list_display = ["number", "name_on_it", "state", "issued_on", "training", "drawn"]
    list_select_related = ["checkout__place__training"]
    list_filter = ["state", dated("issued_on")]
    search_fields = ["number", "revisions__name", "person__email_key"]
    change_list_template = "admin/portal/certificates.html"
    inlines = [Revisions]
    buttons = (
        Button(
            "correct",
            gettext_lazy("Correct the name…"),
            form=NameForm,
            run=_correct,
            consequence=_correcting,
            shown=_alive,
            initial=lambda request, row: {"name": certificate_queries.newest(row).name},
        ),
        Button("revoke", gettext_lazy("Revoke…"), form=RevokeForm, run=_revoke, consequence=_revoking, shown=_alive),
        Button(
            "keep",
            gettext_lazy("Keep it…"),
            form=NoteForm,
            run=_keep,
            consequence=lambda request, row: [*_story(row), _("A pass was taken back; the certificate stands nevertheless.")],
            shown=_doubtful,
        ),
        Button(
            "draw",
            gettext_lazy("Draw it now…"),
            form=NothingForm,
            run=_draw_again,
            consequence=lambda request, row: [*_story(row), _("A worker tries at once, and counts its tries anew.")],
            shown=_undrawn,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = CertificateRevision.objects.filter(certificate=OuterRef("pk")).order_by("-revision")
        return (
            super()
            .get_queryset(request)
            .annotate(newest_name=Subquery(newest.values("name")[:1]), newest_sum=Subquery(newest.values("sha256")[:1]))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["file", *super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("Name"), ordering="newest_name")
    def name_on_it(self, row: Any) -> str:
        return str(row.newest_name)

    @admin.display(description=gettext_lazy("Training"), ordering="checkout__place__training__starts_on")
    def training(self, row: Certificate) -> str:
        return str(row.checkout.place.training)

    @admin.display(description=gettext_lazy("Drawn"), boolean=True)
    def drawn(self, row: Any) -> bool:
        return bool(row.newest_sum)

    @admin.display(description=gettext_lazy("File"))
    def file(self, row: Certificate) -> str:
        if not _alive(None, row) or not certificate_queries.newest(row).sha256:  # type: ignore[arg-type]  # it looks at the row alone
            return "-"
        newest = certificate_queries.newest(row)
        return format_html(
            '<a href="{}">{}</a> &nbsp; <a href="{}">{}</a>',
            reverse("certification:certificate", args=[row.pk]),
            _("Download"),
            reverse("certification:verify", args=[newest.token]),
            _("As everybody checks it"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="certification_certificate_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The certified, by the day of issue. Who took it out stands in the journal."""
        if not self.may_press(request):
            raise PermissionDenied
        form = DaysForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            actions.record_export(**form.cleaned_data, by=person_of(request), now=now_of(request))
            rows = certificate_queries.certified(**form.cleaned_data)
            answer = StreamingHttpResponse(exports.certified_csv(rows), content_type="text/csv; charset=utf-8")
            answer["Content-Disposition"] = f'attachment; filename="certified-{now_of(request):%Y-%m-%d}.csv"'
            return answer
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Export the certified"),
            "form": form,
        }
        return render(request, "admin/portal/export.html", context)


@admin.register(Reissue)
class ReissueAdmin(SeenOnlyAdmin):
    """Leave it, and find it again: the list says how far each has come."""

    list_display = ["asked_at", "why", "first_on", "last_on", "tell", "progress"]
    ordering = ["-pk"]
    add_form = ReissueForm
    add_title = gettext_lazy("Draw many certificates anew")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        drawn = Count("revisions", filter=Q(revisions__drawn_at__isnull=False))
        failed = Count("revisions", filter=Q(revisions__drawn_at__isnull=True) & ~Q(revisions__error=""))
        return super().get_queryset(request).annotate(drawn=drawn, failed=failed)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["progress", *super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("How far"))
    def progress(self, row: Any) -> str:
        text = _("%(drawn)d of %(total)d drawn") % {"drawn": row.drawn, "total": row.total}
        return text + (_(", %(n)d failed and tried again") % {"n": row.failed} if row.failed else "")

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Reissue:
        return actions.start_reissue(**values, by=person_of(request), now=now_of(request))

    def add_warnings(self, request: HttpRequest, values: dict[str, Any]) -> Sequence[str]:
        count = certificate_queries.valid_between(first_on=values["first_on"], last_on=values["last_on"]).count()
        text = ngettext("%(n)d certificate gets a new file.", "%(n)d certificates get a new file.", count) % {"n": count}
        mailed = _("Each holder gets a letter.") if values["tell"] else _("No letter leaves: holders find it on their page.")
        return [text, _("Whoever checks an older file is led to the new one."), mailed] if count else []


def _hold(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.hold_certificate(checkout_id=row.pk, **values, by=person_of(request), now=now_of(request))


def _release(request: HttpRequest, row: Checkout, values: dict[str, Any]) -> None:
    actions.release_certificate(checkout_id=row.pk, **values, by=person_of(request), now=now_of(request))


def _held(request: HttpRequest, row: Checkout) -> bool:
    return certificate_queries.hold_on(row.pk, now=now_of(request)) is not None


CHECKOUT_BUTTONS = (  # the admin of checkouts adds them to its own
    Button(
        "hold",
        gettext_lazy("Hold the certificate…"),
        form=HoldForm,
        run=_hold,
        consequence=lambda request, row: [str(row), _("It is not issued by itself until then, even when all is done (R29).")],
        shown=lambda request, row: row.state == CheckoutState.UNDER_WAY and not _held(request, row),
    ),
    Button(
        "release",
        gettext_lazy("Release the certificate…"),
        form=NoteForm,
        run=_release,
        consequence=lambda request, row: [
            str(row),
            _("The hold ends. Where all is done the certificate is issued and mailed at once."),
        ],
        shown=_held,
    ),
)
