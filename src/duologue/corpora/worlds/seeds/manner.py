"""How a disposition puts its sentences together: what comes first, what is left out, punctuation, capitals.

>>> punctuated(random.Random(2), "passive", "Okay... I need the papers.")
'okay... i need the papers...'
"""

from __future__ import annotations

import random
import re

_LOUD = re.compile(r"\b(so|never|always|love|hate|everything|nobody|everybody|nothing|really|every|much)\b")
_SHAPES: dict[str, dict[str, float]] = {
    "amiable": {"both": 1},
    "analytical": {"both": 0.65, "more": 0.35},
    "cynical": {"both": 1},
    "emotive": {"both": 1},
    "impatient": {"both": 0.65, "lead": 0.28, "wish": 0.07},
    "passive": {"both": 0.75, "lead": 0.15, "wish": 0.1},
    "sarcastic": {"both": 1},
}


def shape(rng: random.Random, disposition: str, opening: bool) -> str:
    """What a line is made of: `lead` (the disposition's words), `wish` (the motivation's), `both`, or `more` wishes.

    Args:
        rng: the source of chance.
        disposition: the user's.
        opening: the user's first answer, which always says what they want.
    """
    shares = _SHAPES[disposition]
    drawn = rng.choices(list(shares), list(shares.values()))[0]
    return "both" if opening and drawn == "lead" else drawn


def punctuated(rng: random.Random, disposition: str, text: str) -> str:
    """A line with the disposition's punctuation and capitals."""
    if disposition == "passive":
        text = re.sub(r"(?<!\.)\.(?=$| )", "...", text.lower())
        return text if text.endswith(("...", "?", "!")) else text + "..."
    if disposition == "emotive":
        text = re.sub(r"(?<!\.)\.(?=$| )", lambda _: rng.choice(("!", "!", "!!")), text)
        text = re.sub(r"(?<!!)\?(?=$| )", "?!", text)
        if rng.random() < 0.6:
            text = _LOUD.sub(lambda match: match[0].upper(), text, count=1)
        return text
    if disposition == "impatient":
        return re.sub(r"\.$", rng.choice((".", "", "!")), text)
    return text
