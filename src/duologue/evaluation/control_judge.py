"""A model as judge of control: it reads the conversation and says which of the profiles fits its user.

    score = await judge_control(dialogues, "disposition", ask_for, by="openai:NAME")

The profiles stand in the prompt in an order drawn for each conversation, since judges favour places. An answer that
names none, or more than one, counts as wrong. Unlike the classifier the judge sees the words of the profiles, so a
conversation that repeats them is recognised: read both figures.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from duologue.dialogue import Dialogue
from duologue.evaluation.asking import JUDGE, answer_of, side_by_side
from duologue.evaluation.control import Case, ControlRow, ControlScore, Kind, cases_of, score_rows
from duologue.evaluation.label_words import trait_of
from duologue.measures.naming import the_one_named
from duologue.models.failure import ModelFailure
from duologue.prompts.ask import Ask, AskFor, Sampling

_NAMES = {"user": "User", "system": "SocBot"}
_SHORT = Sampling(max_tokens=64)


async def judge_control(
    dialogues: Iterable[Dialogue], kind: Kind, ask_for: AskFor, *, by: str, seed: int = 0
) -> ControlScore:
    """Ask about every conversation that has the trait.

    Args:
        dialogues: with `facts[kind]`; others are left out.
        kind: which trait.
        ask_for: whom to ask, e.g. a `ModelAsk` over a desk.
        by: the judge's name, for the score.
        seed: of the profiles' order and of the bootstrap.

    Raises:
        ModelFailure: a fatal one, e.g. no server; any other makes that conversation's answer unusable.
    """
    cases = cases_of(dialogues, kind)
    traits = dict(sorted({trait for case in cases if (trait := trait_of(case.dialogue, kind))}))
    if len(traits) < 2:
        return score_rows(kind, by, cases, None, lacking="too few conversations: fewer than two labels", seed=seed)
    rows = await side_by_side(cases, lambda case: _judged(case, kind, traits, ask_for(case.dialogue.id), seed))
    return score_rows(kind, by, cases, rows, seed=seed)


async def _judged(case: Case, kind: Kind, traits: dict[str, str], ask: Ask, seed: int) -> ControlRow:
    names = list(traits)
    random.Random(f"{seed}:{kind}:{case.dialogue.id}").shuffle(names)
    answer = await answer_of(
        ask(
            "judge/profile",
            role=JUDGE,
            sampling=_SHORT,
            kind=kind,
            profiles=[{"name": name, "text": traits[name]} for name in names],
            turns=case.dialogue.turns,
            names=_NAMES | case.dialogue.roles,
        )
    )
    if isinstance(answer, ModelFailure):
        return ControlRow(case.dialogue.id, case.seed, case.label, None, None, [str(answer)])
    return ControlRow(case.dialogue.id, case.seed, case.label, the_one_named(answer.text, names), None, [answer.text])
