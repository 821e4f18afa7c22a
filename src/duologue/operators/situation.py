"""The situation behind a chat: what the user told of their life, as one passage in the first person.

The chat is what comes before the task in FusedChat's prepended dialogues (its last turn, the system's, tells nothing
of the user and is dropped), or the whole of a dialogue that is nothing but chat.

    duologue synthesize situation fused.json --format fusedchat --model tiny --out runs/situations
    duologue synthesize interference val.json --format multiwoz21 --situations runs/situations/dialogues.jsonl …
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterable, Iterator

from msgspec.structs import replace

from duologue.dialogue import Dialogue, Turn
from duologue.measures.names import unknown_names
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, ShownOptions, one_question
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Answer, Ask
from duologue.prompts.render import examples

_RUN_ON = re.compile(
    r"\n|\s{4,}|[<>\[\]*]|\b(?:exchange|chat|user|system|(?:summari[sz]ed )?situation)\s*:", re.IGNORECASE
)
_FIRST_PERSON = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|ours|ourselves)\b", re.IGNORECASE)
_THE_USER = re.compile(r"\bthe (?:user|speaker|person)\b", re.IGNORECASE)
_SHORTEST, _LONGEST = 3, 180  # words; the published ones have 5 to 178


class SituationOptions(ShownOptions):
    """How situations are asked for."""


def chat_turns(dialogue: Dialogue) -> list[Turn]:
    """The chat that tells the situation: it ends with the user; empty where there is none."""
    turns = [turn for turn in dialogue.turns if "prepended" in turn.labels.get("fusedchat", [])]
    if not turns and not any(turn.acts or turn.state for turn in dialogue.turns):
        turns = list(dialogue.turns)
    while turns and turns[-1].speaker != "user":
        turns.pop()
    return turns


def plan(dialogues: Iterable[Dialogue], options: SituationOptions, rng: random.Random) -> Iterator[WorkItem | Skipped]:
    """An item for every dialogue with a chat."""
    for dialogue in dialogues:
        yield WorkItem.of(dialogue) if chat_turns(dialogue) else Skipped(dialogue.id, "no chat")


async def situation(
    item: WorkItem, ask: Ask, options: SituationOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Condense what the user told in a chat into a situation; it becomes the fact `situation`."""
    chat = chat_turns(item.dialogue)
    found = await first_that_passes(
        ask, "interference/situation", options, lambda answer: read_situation(answer, chat),
        chat=chat, examples=examples("interference", options.shots),
    )  # fmt: skip
    if isinstance(found, Verdict):
        yield Rejected(item.id, found.gate, found.evidence)
    else:
        yield replace(item.dialogue, facts=item.dialogue.facts | {"situation": found.found})


def read_situation(answer: Answer, chat: list[Turn]) -> str | Verdict:
    """Take the situation out of an answer.

    Returns:
        The situation, or the first gate that it failed.
    """
    text = answer.text.strip()
    return first_failure([whole(answer), *gates(text, chat)]) or text


def gates(text: str, chat: list[Turn]) -> Iterator[Verdict]:
    """What a situation must pass."""
    yield not_empty("situation", text)
    run_on = _RUN_ON.search(text)
    yield Verdict("run-on", run_on is None, f"{quote(run_on.group())} in {quote(text)}" if run_on else "")
    words = len(text.split())
    yield Verdict("length", _SHORTEST <= words <= _LONGEST, f"{words} words, expected {_SHORTEST} to {_LONGEST}")
    # Whoever tells of others only ("Ada has been cast in a film") needs no I.
    told_of_oneself = any(_FIRST_PERSON.search(turn.said) for turn in chat if turn.speaker == "user")
    in_own_voice = _FIRST_PERSON.search(text) or not (told_of_oneself or _THE_USER.search(text))
    yield Verdict("first-person", bool(in_own_voice), f"no I, my, we or our in {quote(text)}")
    strangers = unknown_names(text, " ".join(turn.said for turn in chat))
    yield Verdict("unknown-name", not strangers, f"{', '.join(strangers)}: not in the chat")
    yield no_loop("situation", text)


SITUATION = Operator(
    name="situation",
    run=situation,
    options=SituationOptions,
    prompts=("interference/situation",),
    plan=plan,
    questions=one_question,
    layout="situations",
)
