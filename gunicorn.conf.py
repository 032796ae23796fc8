"""gunicorn reads this by itself: its own lines are written as the portal's are, so that a log of JSON has no other line in it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger

# The one file: its package would bring celery and all settings into the process that starts the workers, where no reload renews them.
_logs = runpy.run_path(str(Path(__file__).parent / "carpentries_portal" / "common" / "logs.py"))
_env = environ.Env()
_production = bool(_env.str("DATABASE_URL", default="")) and not _env.bool("PORTAL_TEST", default=False)  # as in settings.py
_form = _env.str("LOG_FORMAT", default="json" if _production else "line")


class PortalLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's own, with the portal's formatter."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(_logs["formatter"](_form))


logger_class = PortalLogger
