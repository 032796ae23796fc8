"""Routes of the demo: the letters of the mail folder."""

urlpatterns: list = []
