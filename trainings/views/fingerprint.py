"""What of the rules' warnings a page has shown, so that nobody confirms one they have not read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from carpentries_portal.common.handbook import Verdict


def of(verdicts: Iterable[Verdict]) -> str:
    """A short digest of the warnings; "" where there are none."""
    warned = [f"{verdict.rule} {verdict.sentence}" for verdict in verdicts if verdict.warned]
    return hashlib.sha256("\n".join(warned).encode()).hexdigest()[:16] if warned else ""
