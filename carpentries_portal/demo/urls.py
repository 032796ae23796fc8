"""Routes of the demo: the letters of the mail folder."""

from django.urls import path

from carpentries_portal.demo import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.letters, name="letters"),
    path("mail/<int:notice_id>/", views.letter, name="letter"),
]
