"""The portal's routes with the demo's, as with PORTAL_DEMO=1."""

from django.urls import include, path

from carpentries_portal.urls import urlpatterns as portal

urlpatterns = [*portal, path("demo/", include("carpentries_portal.demo.urls"))]
