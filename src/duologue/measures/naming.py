"""Which of some names stands in an answer: for models that were asked to choose one.

the_one_named("Sarcastic, I think", ["sarcastic", "passive"])     # "sarcastic"
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def the_one_named(answer: str, names: Sequence[str]) -> str | None:
    """The one name that stands in an answer, in any case; None where there is none or there are several."""
    found = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", answer, re.IGNORECASE)]
    return found[0] if len(found) == 1 else None
