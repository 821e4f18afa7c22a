"""A simulated user without a model: it knows what it wants (the hidden intent) and answers a clarifying question.

Two manners that differ in kind, one for training and one for evaluation: `terse` says the value and nothing else,
`talkative` says it in a sentence, with excuses and hedges, and corrects what was offered. Asked for something that has
nothing to do with the intent, either says so. The intent is never said as a whole, nor more of it than was asked for.

    >>> asked = "How high was the number of visitors at Velka?"
    >>> meant = "How high was the number of visitors at Velka Hill in 2019?"
    >>> reply(random.Random(1), load_voice("train"), "terse", meant, "In which year?", said=[asked])
    'I mean 2019.'
    >>> reply(random.Random(1), load_voice("test"), "talkative", meant, "Velka Hill or Velka Harbour?", said=[asked])
    "Of these I'd choose Velka Hill, if you don't mind."
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from duologue.corpora.worlds.clarify.difference import Chunk, chunks, missing, words
from duologue.corpora.worlds.clarify.question import offered, subject
from duologue.corpora.worlds.clarify.recall import recalled
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice

Manner = Literal["terse", "talkative"]
MANNERS: dict[Split, Manner] = {"train": "terse", "val": "talkative", "test": "talkative"}
"""How the users of a split reply: nobody who is held out replies as in training."""


def reply(
    rng: random.Random,
    voice: Voice,
    manner: Manner,
    intent: str,
    question: str,
    *,
    said: Sequence[str] = (),
    names_others: bool = True,
) -> str:
    """Answer a clarifying question.

    Args:
        rng: the source of chance.
        voice: the phrases of a split (`phrases.load_voice`).
        manner: how to say it.
        intent: what the user means, said without context; or a question that was asked back with the user's reply to
            it, as Abg-CoQA has it ("Do you mean Velka? No, Dorn.").
        question: what was asked.
        said: what the user said so far about this request, the request itself first.
        names_others: whether the reply may name an option that is not meant.
    """

    def say(pool: str, it: str = "", other: str = "") -> str:
        return voice.pick(rng, f"{manner}.{pool}", {"it": it, "other": other if names_others else ""}).text

    def named(chunk: Chunk) -> str:
        whole = manner == "talkative" and chunk.kind == "what" and chunk.text[:1].islower()
        return f"the {chunk.text}" if whole else chunk.text

    known = recalled(intent)
    intent = intent if known is None else known
    left = missing(intent, said, sentence=known is None)
    options, own = offered(question), words(intent)
    fits = [option for option in options if _of(option, options) <= own]
    if len(options) == 1:
        if fits:
            return say("yes", _value(options[0], intent))
        other = next((chunk for chunk in chunks(options[0], first=False) if not words(chunk.text) <= own), None)
        meant = _wanted(question, left, like=other)
        return say("no", named(meant)) if meant else say("off")
    if fits:
        best = max(fits, key=lambda option: (option.lower().removeprefix("the ") in intent.lower(), len(option)))
        others = [option for option in options if option != best]
        return say("chosen", best, rng.choice(others))
    request = words(said[0] if said else "")
    left.sort(key=lambda chunk: not words(chunk.text.split()[-1]) & request)  # "day tours", not "stand", for "tours"
    meant = _wanted(question, left) or _wanted(question, chunks(intent, first=known is None), typed=True)
    return say("value", named(meant)) if meant else say("off")


def _of(option: str, options: Sequence[str]) -> set[str]:
    """The words that tell an option from the others; all of a single one."""
    shared = set.intersection(*(words(each) for each in options)) if len(options) > 1 else set()
    return words(option) - shared


def _value(option: str, intent: str) -> str:
    """What a "yes" affirms: the option, without words that the user does not know."""
    return option if words(option) <= words(intent) else ""


def _wanted(question: str, found: Sequence[Chunk], *, like: Chunk | None = None, typed: bool = False) -> Chunk | None:
    """The part of the intent that a question asks for.

    Args:
        question: what was asked.
        found: parts of the intent.
        like: what is not meant of an option; the part in its place is wanted.
        typed: only parts that the question evidently asks for.
    """
    named = [chunk for chunk in found if words(chunk.text) & words(like.text if like else question)]
    kind = like.kind if like else subject(question)
    of_kind = [chunk for chunk in found if chunk.kind == kind]
    others = [] if typed or kind is not None else sorted(found, key=lambda chunk: chunk.kind != "who")
    return next(iter([*named, *of_kind, *others]), None)
