"""Preference pairs that contrast actions: the gold turn, and one that does the other thing (ACT, Chen et al. 2025).

Phase 1 of ACT (Algorithm 1): at every system turn with an action the gold turn wins; the losing one is written by any
model that is told to do the other action: a question where the user was clear, a guess where the user was not. What
comes of a conversation is the same conversation with two branches at each such turn, `chosen` and `rejected`.

    duologue synthesize contrast validation.json --format pacific --model tiny --out runs/pairs
    duologue synthesize contrast … --class-balance.clarify 4 --class-balance.answer 1 --icl-examples 10
    duologue rows runs/pairs/dialogues.jsonl --kind contrast --out pairs.jsonl

A question with several readings (Abg-CoQA) is a conversation for each, so the same two sides come once a reading, with
another goal and another user each: what ACT goes on with. The share of an action is that of pairs, not of questions.

The actions are the corpus's own, or the classifier's (`--actions predicted`, ACT's variant with pseudo-labels): then
gold labels are taken away, so whatever is trained on the pairs knows predicted actions only, and evaluation on the gold
conversations is not touched. The options `target_label`, `icl_examples` and `class_balance` are those of the release's
`ACTDataset`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from pydantic import Field, field_validator, model_validator

from duologue.corpora.actions import ACTION, ACTIONS, CLARIFY, references
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Branch, Dialogue, Grounding, Origin, Turn, derived_id
from duologue.measures.words import normalised
from duologue.models.failure import ModelFailure
from duologue.operators.at_once import at_once
from duologue.operators.clarifying.annotate import annotate, to_name
from duologue.operators.clarifying.classifiers import CLASSIFIER, PROMPT, ActionClassifier, asks_model, classifier_of
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.draws import Passed, first_that_passes
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Answer, Ask, Rendered
from duologue.prompts.clarify import PROMPT as ASKING
from duologue.prompts.clarify import Example, asking_within

GENERATOR = "generator"
PREFERENCE, PAIR, BY = "preference", "pair", "by"
"""Labels of branches: `chosen` or `rejected`; which pair they are of; who wrote the losing turn, `model` or `gold`."""


class ContrastOptions(OperatorOptions):
    """Which turns make pairs, and how the losing ones are written."""

    target_label: Literal["clarify", "answer", "both"] = "both"
    """Losing turns of this action are written by the model; others are the gold answer given too early (published:
    `clarify`)."""
    icl_examples: int = Field(default=0, ge=0)
    """Turns of other conversations with the losing action that the model is shown (published: 10); never of one about
    the same passages or table, which may tell the answer."""
    class_balance: dict[str, int] | None = None
    """Action -> how many times its turns are drawn, with replacement; turns of other actions are left out."""
    chosen: Literal["turn", "trajectory"] = "turn"
    """What wins: the gold turn, or with it what follows up to the answer (as published for questions)."""
    actions: Literal["gold", "predicted"] = "gold"
    """Of winning turns: the corpus's labels, or what `classifier` says whatever the labels are (pseudo-labels)."""
    classifier: str = "rule"
    """Who checks that a losing turn does what it was told to, and predicts actions (see `synthesize actions`)."""
    prompt_characters: int | None = Field(default=None, ge=200)
    """Most characters of a prompt; longer ones lose what the answer rests on first, then the oldest turns."""
    answer_tokens: int = Field(default=128, ge=1)
    """Most tokens in one answer."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""

    @field_validator("class_balance")
    @classmethod
    def _known_actions(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        for action, times in (value or {}).items():
            if action not in ACTIONS or times < 0:
                raise ValueError(f"expected {' or '.join(ACTIONS)} and a number, found {action} {times}")
        return value

    @model_validator(mode="after")
    def _known_beforehand(self) -> ContrastOptions:
        if self.actions == "predicted" and (self.class_balance is not None or self.icl_examples):
            raise ValueError(
                "class_balance and icl_examples need the actions of all turns beforehand; predicted ones come later: "
                "leave them out, or run `synthesize actions --relabel` first"
            )
        return self


def plan(dialogues: Iterable[Dialogue], options: ContrastOptions, rng: random.Random) -> Iterator[WorkItem | Skipped]:
    """An item for every conversation with a turn to contrast; examples and balance need all of them first."""
    seed = rng.getrandbits(64)
    drawn: Mapping[tuple[str, int], int] | None = None
    pool: list[Instance] = []
    matters: dict[str, Hashable] = {}
    if options.class_balance is not None or options.icl_examples:
        dialogues = list(dialogues)
        pool = list(instances(dialogues))
        matters = {dialogue.id: _matter(dialogue) for dialogue in dialogues}
    if options.class_balance is not None:
        drawn = _balanced(pool, options.class_balance, random.Random(f"balance\0{seed}"))
    for dialogue in dialogues:
        if options.actions == "predicted":
            turns = to_name(dialogue, relabel=True)
        else:
            turns = [each.at for each in instances([dialogue])]
        points = [[at, 1 if drawn is None else drawn.get((dialogue.id, at), 0)] for at in turns]
        points = [point for point in points if point[1]]
        if not points:
            yield Skipped(dialogue.id, "no turn with an action" if drawn is None else "no turn drawn")
            continue
        fields: dict[str, Any] = {"points": points}
        if options.icl_examples:
            fields["examples"] = _examples(pool, matters, dialogue.id, options.icl_examples, seed)
        yield WorkItem(dialogue.id, (dialogue,), fields)


def questions(item: WorkItem, options: ContrastOptions) -> int | None:
    """One a pair whose losing turn a model writes, and one for each model that checks its action.

    Predicted actions decide how many pairs there are, so then it is not known.
    """
    if options.actions == "predicted":
        return None
    states = {each.at: each for each in instances(item.dialogues)}
    points = item.fields["points"]
    written = sum(_written(_other(states[at], copy), options) for at, copies in points for copy in range(copies))
    return written * (1 + asks_model(options.classifier))


async def contrast(
    item: WorkItem, ask: Ask, options: ContrastOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Write preference pairs that contrast what a turn does: ask or answer."""
    dialogue = item.dialogue
    if options.actions == "predicted":
        classifier = classifier_of(options.classifier, lambda _: ask)
        dialogue, unnamed = await annotate(dialogue, classifier, relabel=True, name=item.id)
        for reject in unnamed:
            yield reject
    states = {each.at: each for each in instances([dialogue])}
    wanted = [(states[at], copy) for at, copies in item.fields["points"] if at in states for copy in range(copies)]
    pairs, rejected = await at_once(
        _pair(state, copy, ask.fork(f"{state.at} {copy}"), options, item.fields.get("examples", {}))
        for state, copy in wanted
    )
    for each in rejected:
        yield each
    if pairs:
        yield replace(dialogue, branches=[branch for pair in pairs for branch in pair])


CONTRAST = Operator(
    name="contrast",
    run=contrast,
    options=ContrastOptions,
    prompts=(ASKING, PROMPT),
    roles=(GENERATOR, CLASSIFIER),
    plan=plan,
    questions=questions,
    asked=lambda options: (GENERATOR, CLASSIFIER) if asks_model(options.classifier) else (GENERATOR,),
)


def _balanced(pool: Sequence[Instance], balance: Mapping[str, int], rng: random.Random) -> Counter[tuple[str, int]]:
    """How often each turn is drawn, by conversation and index."""
    drawn: Counter[tuple[str, int]] = Counter()
    for action, times in balance.items():
        own = [(each.dialogue.id, each.at) for each in pool if each.action == action]
        drawn.update(rng.choices(own, k=times * len(own)) if own else ())
    return drawn


def _examples(
    pool: Sequence[Instance], matters: Mapping[str, Hashable], dialogue: str, count: int, seed: int
) -> dict[str, list[dict[str, Any]]]:
    """For each action, turns of conversations about something else, drawn by this one's id."""
    rng = random.Random(f"examples\0{seed}\0{dialogue}")
    found = {}
    for action in ACTIONS:
        own = matters[dialogue]
        others = [each for each in pool if each.action == action and matters[each.dialogue.id] != own]
        found[action] = [
            {"turns": [[turn.speaker, turn.said] for turn in each.history], "reply": each.gold.said}
            for each in rng.sample(others, min(count, len(others)))
        ]
    return found


def _matter(dialogue: Dialogue) -> Hashable:
    """What a conversation is about: its passages and table, else the conversation that it was derived from."""
    grounding = dialogue.grounding or Grounding()
    if grounding.passages or grounding.table:
        return msgspec.json.encode([grounding.passages, grounding.table])
    return conversation_of(dialogue)


def _other(state: Instance, copy: int) -> str:
    """The losing action: the other one; of several one is drawn."""
    others = [action for action in ACTIONS if action != state.action]
    return random.Random(f"{state.id}\0{copy}").choice(others)


def _written(losing: str, options: ContrastOptions) -> bool:
    return options.target_label in (losing, "both")


async def _pair(
    state: Instance, copy: int, ask: Ask, options: ContrastOptions, examples: Mapping[str, Any]
) -> list[Branch] | Rejected:
    losing = _other(state, copy)
    name = state.id if copy == 0 else f"{state.id}, copy {copy}"
    key = None
    if _written(losing, options):
        try:
            found = await _losing_turn(state, losing, ask, options, examples.get(losing, ()))
        except ModelFailure as failure:
            if failure.fatal:
                raise
            return Rejected.unanswered(name, failure)
        except RoleFault as fault:
            return Rejected(name, fault.kind, fault.evidence)
        if isinstance(found, Verdict):
            return Rejected(name, found.gate, found.evidence)
        text, key = found
    elif losing == CLARIFY or state.goal is None:
        return Rejected(name, "no-losing-turn", f"no model writes what loses by {losing}, and there is no gold one")
    else:
        text = state.goal
    return _branches(state, losing, text, key, copy, options)


async def _losing_turn(
    state: Instance, losing: str, ask: Ask, options: ContrastOptions, examples: Sequence[Mapping[str, Any]]
) -> tuple[str, str | None] | Verdict:
    shown = [Example([Turn(speaker, text) for speaker, text in each["turns"]], each["reply"]) for each in examples]
    prompt = asking_within(options.prompt_characters, state, told=losing, examples=shown)
    judge = partial(_judged, state=state, losing=losing, classifier=classifier_of(options.classifier, lambda _: ask))
    passed: Passed[str] | Verdict = await first_that_passes(
        ask, Rendered(ASKING, prompt), options, judge, role=GENERATOR
    )
    return passed if isinstance(passed, Verdict) else (passed.found, passed.key)


async def _judged(answer: Answer, *, state: Instance, losing: str, classifier: ActionClassifier) -> str | Verdict:
    """The losing turn in an answer, of a question only what stands up to its first question mark."""
    text = answer.text.strip()
    if losing == CLARIFY and "?" in text:
        answer, text = answer._replace(finish_reason="stop"), text[: text.index("?") + 1]
    gold = {normalised(each) for each in references(state.gold)}
    failed = first_failure(
        [
            whole(answer),
            not_empty("turn", text),
            no_loop("turn", text),
            Verdict("same-as-gold", normalised(text) not in gold, f"it says what the gold turn says: {quote(text)}"),
        ]
    )
    if failed is not None:
        return failed
    action = (await classifier.classify(text, state)).action
    return (
        text if action == losing else Verdict("wrong-action", False, f"told to {losing}, does {action}: {quote(text)}")
    )


def _branches(
    state: Instance, losing: str, text: str, key: str | None, copy: int, options: ContrastOptions
) -> list[Branch]:
    dialogue, at = state.dialogue, state.at
    gold = [state.gold] if options.chosen == "turn" else state.trajectory
    winning = [replace(turn, source=(dialogue.id, at + number)) for number, turn in enumerate(gold)]
    pair = {PAIR: [f"{at}-{copy}"]}
    return [
        Branch(
            derived_id(dialogue.id, "contrast", at, copy, "chosen"),
            at,
            winning,
            labels={PREFERENCE: ["chosen"], ACTION: [state.action], **pair},
        ),
        Branch(
            derived_id(dialogue.id, "contrast", at, copy, "rejected"),
            at,
            [Turn("system", text, labels={ACTION: [losing]})],
            labels={PREFERENCE: ["rejected"], ACTION: [losing], BY: ["gold" if key is None else "model"], **pair},
            origin=Origin("contrast", requests=[key] if key else []),
        ),
    ]
