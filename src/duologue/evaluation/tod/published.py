"""Figures that others published with the MultiWOZ evaluator, to stand beside ours.

From the response generation table in the README of github.com/budzianowski/multiwoz (MultiWOZ 2.2's test dialogues,
BLEU against its delexicalised references). BLEU depends on the references, and inform and success on active domains:
where our setting differs, rows are neighbours rather than rivals.

    combined(inform=83.4, success=70.3, bleu=17.6)        # 94.45
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Setting: TypeAlias = Literal["corpus", "end to end", "policy"]
"""`end to end`: the system predicts the state; `policy`: it is given the gold state; `corpus`: the human references."""


class PublishedRow(NamedTuple):
    """One system's published figures; None where the table has none.

    Attributes:
        system: its name.
        setting: what it was given.
        bleu: against MultiWOZ 2.2's references.
        inform: percent.
        success: percent.
        printed: the combined score as printed.
        length: mean tokens of a response.
        cbe: conditional bigram entropy.
        unigrams: distinct words.
        trigrams: distinct triples.
        note: what a reader must know.
    """

    system: str
    setting: Setting
    bleu: float | None
    inform: float
    success: float
    printed: float | None = None
    length: float | None = None
    cbe: float | None = None
    unigrams: int | None = None
    trigrams: int | None = None
    note: str = ""

    @property
    def combined(self) -> float | None:
        """As printed, else by the formula."""
        if self.printed is not None or self.bleu is None:
            return self.printed
        return combined(self.inform, self.success, self.bleu)


def combined(inform: float, success: float, bleu: float) -> float:
    """The leaderboard's combined score, 0.5 (inform + success) + BLEU (Mehri et al. 2019)."""
    return 0.5 * (inform + success) + bleu


_NAMED = "with active domains from its [domain_slot] placeholders"
_ESTIMATED = "with estimated active domains, not those in its file"
PUBLISHED = (
    PublishedRow("reference corpus", "corpus", None, 93.7, 90.9, None, 14.00, 3.01, 1407, 23877),
    PublishedRow("LABES", "end to end", 18.9, 68.5, 58.1, 82.2, 14.20, 1.83, 374, 3228, "944 dialogues"),
    PublishedRow(
        "DAMD", "end to end", 16.4, 57.9, 47.6, 84.8, 14.27, 1.65, 212, 1755, "by the formula, combined is 69.2"
    ),
    PublishedRow("AuGPT", "end to end", 16.8, 76.6, 60.5, 85.4, 12.90, 2.15, 608, 5843),
    PublishedRow("MinTL", "end to end", 19.4, 73.7, 65.4, 89.0, 14.78, 1.81, 297, 2525),
    PublishedRow("SOLOIST", "end to end", 13.6, 82.3, 72.4, 90.9, 18.45, 2.41, 615, 7923, _NAMED),
    PublishedRow("DoTS", "end to end", 16.8, 80.4, 68.7, 91.4, 14.66, 2.10, 411, 5162, _ESTIMATED),
    PublishedRow("UBAR", "end to end", 17.6, 83.4, 70.3, 94.4, 13.54, 2.10, 478, 5238),
    PublishedRow("PPTOD", "end to end", 18.2, 83.1, 72.7, 96.1, 12.73, 1.88, 301, 2538),
    PublishedRow("RSTOD", "end to end", 18.0, 83.5, 75.0),
    PublishedRow("BORT", "end to end", 17.9, 85.5, 77.4),
    PublishedRow("MTTOD", "end to end", 19.0, 85.9, 76.5),
    PublishedRow("GALAXY", "end to end", 19.64, 85.4, 75.7, 100.2, 13.39, 1.75, 295, 2275),
    PublishedRow("RewardNet", "end to end", 17.6, 87.6, 81.5),
    PublishedRow("Mars", "end to end", 19.9, 88.9, 78.0),
    PublishedRow("KRLS", "end to end", 19.0, 89.2, 80.3),
    PublishedRow("DiactTOD", "end to end", 17.5, 89.5, 84.2),
    PublishedRow("TOATOD", "end to end", 17.04, 90.0, 79.8),
    PublishedRow(
        "UniConv", "policy", 18.1, 66.7, 58.7, 80.8, 14.17, 1.79, 338, 2932, "its file's states are nearly gold"
    ),
    PublishedRow("SFN", "policy", 14.1, 93.4, 82.3, 101.9, 14.93, 1.63, 188, 1218),
    PublishedRow("HDSA", "policy", 20.7, 87.9, 79.4, 104.4, 14.42, 1.64, 259, 2019),
    PublishedRow("LAVA", "policy", 10.8, 95.9, 93.5, 105.5, 13.28, 1.27, 176, 708),
    PublishedRow("HDNO", "policy", 17.8, 93.3, 83.4, 106.1, 14.96, 0.84, 103, 315),
    PublishedRow("MarCo", "policy", 17.3, 94.5, 87.2, 108.1, 16.01, 1.94, 319, 3002),
    PublishedRow("GALAXY", "policy", 19.92, 92.8, 83.5, 108.1, 13.68, 1.75, 281, 2344),
    PublishedRow("KRLS", "policy", 19.1, 93.1, 83.7),
    PublishedRow("DiactTOD", "policy", 17.8, 94.8, 90.2),
)
