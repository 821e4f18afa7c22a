"""ESConv's strategy labels by the names of its paper, whatever an edition calls them.

>>> canonical("Questions"), canonical("Greetings"), canonical("Nonsense")
('Question', 'Others', None)
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from duologue.corpora.strategies import ESCONV, EXTENDED

JOINED = "Providing Suggestions or Information"
"""MultiESC makes one label of two; which of them it was cannot be told any more."""

_OTHER_NAMES = {
    "Questions": "Question",
    "Other": "Others",
    "Greeting": "Others",
    "Greetings": "Others",
    "Approval and Reassurance": "Affirmation and Reassurance",
    "Direct Guidance": "Providing Suggestions",
    "Restatement": "Restatement or Paraphrasing",
    "Paraphrasing": "Restatement or Paraphrasing",
}
_KNOWN = {name.casefold(): name for name in (*ESCONV, *EXTENDED, JOINED)}
_KNOWN |= {name.casefold(): meant for name, meant in _OTHER_NAMES.items()}


def canonical(label: str) -> str | None:
    """The strategy that a label means (case does not matter); None where it is no known strategy."""
    return _KNOWN.get(label.strip().casefold())


def strategies(labels: Sequence[str]) -> list[str]:
    """The strategies that labels mean, without unknown ones."""
    return [name for name in map(canonical, labels) if name is not None]


def unknown(label: str) -> str:
    """What to say of an unknown label."""
    near = difflib.get_close_matches(label, [*ESCONV, *EXTENDED], n=1)
    meant = f"did you mean '{near[0]}'? " if near else ""
    return f"'{label}' is no known strategy; {meant}ESConv has {', '.join(ESCONV)}"
