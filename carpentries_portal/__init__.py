"""The Carpentries training portal: floor (`common`) and roof (the rest)."""

from carpentries_portal.celery import app as celery_app

__all__ = ["celery_app"]
