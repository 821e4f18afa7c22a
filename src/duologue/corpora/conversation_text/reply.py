"""The reply in a model's answer, and where it names the strategy that it was to follow.

Case and wording stay. Only what stands in front of the reply is cut off: a label (`assistant:`, `**Supporter**:`, the
strategy's name), a lead-in (`Here is my turn:`), and brackets or quotes around the whole. A strategy's name inside the
reply is told (`leaks`), never taken out. (The published code lower-cases, keeps what follows the last `assistant:`, and
deletes the name wherever it stands, so that "affirmation" vanishes from sentences.)

    cleaned('assistant: "You are not alone."', "Offer Hope")       # You are not alone.
    leaks("I want to Offer Hope here.", "Offer Hope")              # ["Offer Hope"]
"""

from __future__ import annotations

import re
from functools import lru_cache

from duologue.corpora.conversation_text.labels import LabelReader

_OWN = LabelReader.of_names(("assistant", "supporter", "friend", "AI", "response", "reply", "answer", "your turn"))
_LEAD_IN = re.compile(
    r"(?:(?:sure|okay|ok|of course|certainly)\b[,.!]*\s+)?here(?:['’]s| is)\b"
    r"(?=[^:\n]*\b(?:response|reply|answer|turn|message|continuation)\b)[^:\n]{0,160}:\s*",
    re.IGNORECASE,
)
_AROUND = {'"': '"', "“": "”", "<": ">", "[": "]"}


def cleaned(answer: str, strategy: str) -> str:
    """The answer without what stands in front of the reply, and without brackets or quotes around it."""
    text = answer.strip()
    while (shorter := _less(text, strategy).strip()) != text:
        text = shorter
    return text


def leaks(reply: str, strategy: str) -> list[str]:
    """Where a reply names its strategy, in the reply's own words.

    A name of several words counts in any case. A single word (`Information`) is also an ordinary one, so it counts in
    quotes or before the word "strategy" only.
    """
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", strategy)))
    named = (
        rf"\b{words}\b" if re.search(r"[\s-]", strategy) else rf"[\"“]{words}[\"”]|\b{words}\s+(?:strategy|technique)\b"
    )
    return [found.group() for found in re.finditer(named, reply, re.IGNORECASE)]


def _less(text: str, strategy: str) -> str:
    """The text with one thing less in front or around; the same text where there is none."""
    if lead := _LEAD_IN.match(text) or _named(strategy).match(text):
        return text[lead.end() :]
    line = text.find("\n") if "\n" in text else len(text)
    label = _OWN.at(text, 0, line)
    if label is not None and (label.strong or label.form == "bare"):
        return text[label.end :].strip().removesuffix(label.wrap)
    close = _AROUND.get(text[:1])
    inside = text[1:-1]
    if close and text.endswith(close) and close not in inside and text[0] not in inside:
        return inside
    return text


@lru_cache(maxsize=64)
def _named(strategy: str) -> re.Pattern[str]:
    """The strategy's name as a label: `"Offer Hope" strategy:`, `[Offer Hope]`, `**Offer Hope** -`."""
    name, mark = re.escape(strategy), r"[\"“”'*_\s]*"
    return re.compile(
        rf"{mark}[(\[]?{mark}{name}{mark}(?:strategy{mark})?(?:[)\]]{mark}:?|[:–—-])[*_]*\s*", re.IGNORECASE
    )
