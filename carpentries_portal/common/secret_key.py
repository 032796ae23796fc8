"""The embedded default's secret key. No import of Django's: settings stand on this module."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path


def own_secret_key(folder: Path) -> str:
    """The key of this data folder: made once, readable by its owner alone."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret-key.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        with suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()
