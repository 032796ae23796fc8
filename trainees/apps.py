"""The app trainees."""

from django.apps import AppConfig


class TraineesConfig(AppConfig):
    name = "trainees"
