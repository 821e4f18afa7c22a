"""The paper's claims (Chen et al. 2025, ACT) and what a run says of each, for every number of conversations.

    for claim in claims({50: {"act": ours, "sft": theirs}}, "act", conversations=120): print(claim.says, claim.answer)

Each is that one method is above another in a figure. It is told where both were run; the published figures are those
that could be checked (Google Research's account of the paper).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from duologue.evaluation.estimate import Estimate, difference
from duologue.experiments.claims import Claim, answer_above, judged_where_enough, with_interval

Found = Mapping[int, Mapping[str, Mapping[str, Estimate]]]
"""Number of conversations -> method -> figure -> its estimate."""


class _Expected(NamedTuple):
    """That the compared method is above another one in a figure, and what the paper measured."""

    other: str
    figure: str
    paper: str


_UNCHECKED = "said; no figure that could be checked"
_OURS = "not in the paper"
_EXPECTED = (
    _Expected("sft", "action macro f1", "PACIFIC, 50 conversations: 19.1 % above SFT's 69.0"),
    _Expected("sft", "trajectory", _UNCHECKED),
    _Expected("sft", "post-clarification", _UNCHECKED),
    _Expected("dpo", "action macro f1", "PACIFIC, 50 conversations: 74.8 without sampling the policy, above with it"),
    _Expected("dpo", "trajectory", _UNCHECKED),
    _Expected("irpo", "action macro f1", _UNCHECKED),
    _Expected("irpo", "trajectory", _UNCHECKED),
    _Expected("grpo", "action macro f1", _OURS),
    _Expected("grpo", "trajectory", _OURS),
    _Expected("act-random-actions", "action macro f1", _UNCHECKED),
    _Expected("act-off-policy", "action macro f1", "PACIFIC, 50 conversations: 74.8 without sampling the policy"),
    _Expected("act-no-simulation", "trajectory", _UNCHECKED),
    _Expected("act-no-simulation", "post-clarification", _UNCHECKED),
)


def claims(found: Found, compared: str, *, conversations: int) -> list[Claim]:
    """Judge the claims that these policies allow.

    Args:
        found: what was measured.
        compared: the method that the claims are of.
        conversations: gold ones that were played.
    """
    return judged_where_enough(list(_told(found, compared)), conversations)


def _told(found: Found, compared: str) -> Iterator[Claim]:
    for other, figure, paper in _EXPECTED:
        for size, methods in found.items():
            if compared in methods and other in methods and other != compared:
                apart = difference(methods[compared][figure], methods[other][figure])
                if math.isfinite(apart.difference):
                    yield Claim(
                        f"{compared} is above {other} in {figure}, {size} conversations.",
                        paper,
                        f"{with_interval(apart.difference, apart.interval, 1)} points",
                        answer_above(apart.interval),
                    )
