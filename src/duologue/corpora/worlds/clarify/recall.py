"""What an intent means that is told as a question asked back with the user's reply to it (Abg-CoQA's kind).

>>> recalled("Do you mean Velka or Dorn? Dorn, please.")
'Dorn'
>>> recalled("Do you mean Velka? Yes.")
'Velka'
>>> recalled("How high was the fee at Velka?") is None
True
"""

from __future__ import annotations

import re

from duologue.corpora.worlds.clarify.phrases import pools
from duologue.corpora.worlds.clarify.question import offered

_BOTH = re.compile(r"^(.+\?) (.+)$")
_NO = re.compile(r"^(?:oh |hmm, |well, )?(?:no|nope|not|i don't think so)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def recalled(intent: str) -> str | None:
    """The value in such an intent: the option that was affirmed, or what the reply names; None for another intent."""
    match = _BOTH.match(intent)
    if match is None:
        return None
    question, reply = match[1], match[2]
    options = offered(question)
    if len(options) == 1 and not _NO.match(reply):
        return options[0]
    told = [option for option in options if option.lower() in reply.lower()]
    if len(told) == 1:
        return told[0]
    return _without_phrases(reply) or reply


def _without_phrases(reply: str) -> str:
    """The longest run of words that are not the simulated user's own."""
    common = {
        word.lower()
        for name, phrases in pools().items()
        if name.startswith(("terse.", "talkative."))
        for phrase in phrases
        for word in _WORD.findall(phrase)
    } - {"it", "other"} | {"it", "the", "of", "in", "at", "one"}
    runs: list[list[str]] = [[]]
    for word in _WORD.findall(reply):
        if word.lower() in common:
            runs.append([])
        else:
            runs[-1].append(word)
    longest: list[str] = max(runs, key=len)
    return " ".join(longest)
