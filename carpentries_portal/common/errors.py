"""What an action raises when it cannot be done: a sentence fit for the person who tried."""

from __future__ import annotations

from collections.abc import Sequence

from carpentries_portal.common.handbook import Verdict


class UnableTo(Exception):
    """Base of every `UnableTo…`. `str()` is the sentence; `verdicts` are the rules' answers where rules refused."""

    def __init__(self, sentence: str, *, verdicts: Sequence[Verdict] = ()) -> None:
        super().__init__(sentence)
        self.verdicts = tuple(verdicts)

    @classmethod
    def because(cls, verdicts: Sequence[Verdict]) -> UnableTo:
        """From the answers of rules: the first refusal is the sentence."""
        refusals = [verdict for verdict in verdicts if verdict.refused]
        return cls(refusals[0].sentence, verdicts=verdicts)
