"""Every route of the portal. A route without a row in the access matrix test fails."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from carpentries_portal.pages import views as pages

handler500 = "carpentries_portal.common.views.broken"

urlpatterns = [
    path("", pages.home, name="home"),
    path("partners/", pages.partners, name="partners"),
    path("", include("carpentries_portal.pages.urls")),
    path("", include("trainings.urls")),
    path("", include("trainees.urls")),
    path("", include("certification.urls")),
    path("", include("carpentries_portal.common.urls")),
    path("account/", include("carpentries_portal.common.account_urls")),
    path("admin/", admin.site.urls),
]
if settings.PORTAL_DEMO:
    urlpatterns += [path("demo/", include("carpentries_portal.demo.urls"))]
