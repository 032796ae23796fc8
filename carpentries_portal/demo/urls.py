"""Routes of the demo: the letters of the mail folder."""

from django.urls import path

from carpentries_portal.demo import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.letters, name="letters"),
    path("mail/<str:name>/", views.letter, name="letter"),
    path("mail/<str:name>/html/", views.letter_html, name="letter_html"),
]
