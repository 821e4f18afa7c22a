"""The interference seed's intermediate files: `gen_backstories.json` and `gen_reactions.json`, for published runs.

Each item is one exchange as it was prompted and answered: `{situation, rand_idx, context, usr_utt, sys_resp,
utt_with_backstory[, resp_with_reaction]}`. Backstory and reaction become insertions as in `interference`, the
situation a fact. With the MultiWOZ dialogues at hand they are put into these; otherwise the dialogue is what the file
has: the context and the exchange. Read only: a finished run is written as `interference`.
Source: spec §1.6, §2.3–2.5 of the interference seed.

    for dialogue in read("gen_reactions.json"): print(dialogue.turns[-1].said)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora import exchange_text
from duologue.corpora.json_stream import read_object
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Insertion, Origin, Problem, Turn

FORMAT = "interference-steps"
_BACKSTORY = re.compile(r"\*\*(?P<text>.+?)\*\* \+ <(?P<tag>.*)", re.DOTALL)
_REACTION = re.compile(r"<(?P<tag>.*?)> \+ \*\*(?P<text>.+?)\*\*", re.DOTALL)


def read(
    path: str | Path,
    *,
    multiwoz: Mapping[str, Dialogue] | Iterable[Dialogue] | None = None,
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Stream the exchanges of an intermediate file.

    Args:
        path: `gen_backstories.json` or `gen_reactions.json`.
        multiwoz: the dialogues to put the insertions into; held in memory.
        on_problem: see the docstring of `corpora`; told of every answer that has not the asked-for form (its dialogue
            is read without that insertion), and of exchanges that MultiWOZ does not have.

    Raises:
        InputError: names the file, the dialogue and the field.
    """
    known: Mapping[str, Dialogue] | None
    known = multiwoz if multiwoz is None or isinstance(multiwoz, Mapping) else {d.id: d for d in multiwoz}

    def decode(key: str, native: Any, tell: OnProblem) -> Dialogue:
        return _dialogue(key.removesuffix(".json"), native, known, tell)

    return decoded(path, read_object(path), decode, on_problem)


def _dialogue(key: str, native: Any, known: Mapping[str, Dialogue] | None, tell: OnProblem) -> Dialogue:
    fields = ["situation", "context", "usr_utt", "sys_resp", "utt_with_backstory"]
    for name in fields:
        if not isinstance(native, dict) or not isinstance(native.get(name), str):
            raise UnreadableDialogue(key, name, "expected a text")
    index = native.get("rand_idx")
    if type(index) is not int or index < 0 or index % 2:
        raise UnreadableDialogue(key, "rand_idx", f"expected an even number, found {index!r}")
    facts = {"situation": native["situation"]}
    if known is None:
        try:
            said = exchange_text.parse(native["context"])
        except ValueError as error:
            raise UnreadableDialogue(key, "context", str(error)) from None
        exchange = [Turn("user", _utterance(native["usr_utt"])), Turn("system", _utterance(native["sys_resp"]))]
        dialogue = Dialogue(key, [*(Turn(speaker, text) for speaker, text in said), *exchange], facts=facts)
        index = len(said)
    elif key not in known or index + 1 >= len(known[key].turns):
        raise UnreadableDialogue(key, "rand_idx", f"MultiWOZ has no exchange {index}, {index + 1} of this dialogue")
    else:
        parent = known[key]
        dialogue = msgspec.structs.replace(parent, turns=list(parent.turns), facts={**parent.facts, **facts})
        dialogue.origin = Origin("interference", parent=key)
    _insert(dialogue, index, native["utt_with_backstory"], _BACKSTORY, Insertion("backstory", "", "after"), tell)
    if "resp_with_reaction" in native:
        answer = str(native["resp_with_reaction"])
        _insert(dialogue, index + 1, answer, _REACTION, Insertion("reaction", "", "before"), tell)
    return dialogue


def _insert(
    dialogue: Dialogue, index: int, answer: str, form: re.Pattern[str], empty: Insertion, tell: OnProblem
) -> None:
    """Take the tagged text out of a model's answer and insert it, where the answer has the form asked for once."""
    matches = list(form.finditer(answer))
    label = f"{empty.kind.capitalize()}:"
    tag = matches[0]["tag"].split(">", 1)[0] if len(matches) == 1 else ""
    text = tag.partition(label)[2].strip()
    if not text:
        what = f"the answer has no single <{label} …> beside **the original text**: {answer[:80]!r}"
        tell(Problem(dialogue.id, f"turn {index}, {empty.kind}", what))
        return
    turn = dialogue.turns[index]
    insertion = msgspec.structs.replace(empty, text=text)
    dialogue.turns[index] = msgspec.structs.replace(turn, insertions=[*turn.insertions, insertion])


def _utterance(text: str) -> str:
    """What was said, without quotes, label and the asterisks around the text to keep."""
    try:
        said = exchange_text.parse(text)
        inner = said[0].text if said else text
    except ValueError:
        inner = text.strip().strip("'\"").partition(": ")[2] or text
    return inner.strip().removeprefix("**").removesuffix("**")
