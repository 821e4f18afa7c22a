"""Simulated conversations as branches: which labels and scores `duologue synthesize simulate` gives them.

branch.labels[ACTION], branch.labels.get(BLAME), branch.scores.get(GOAL)
"""

from __future__ import annotations

BLAME, FAULT = "blame", "fault"
"""Labels: whose fault a missed goal is, `agent`, `simulator` or `task`; which role did what, `user: message-loop`.
The label `action` holds the action of each of the policy's replies."""

GOAL, TURN, QUESTIONS, TOKENS, REACHED = "goal", "turn", "questions", "tokens", "reached"
"""Scores: of the answer and of the first reply, 0 to 1; how many questions the policy asked and tokens it wrote; 1
where the answer, less the price of its questions, is above the tolerance."""
