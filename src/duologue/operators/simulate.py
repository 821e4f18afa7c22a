"""Conversations of a policy with a simulated user, from every state of a corpus to their answer.

At each system turn with a gold action the policy goes on by itself: it asks or answers, a classifier says which, the
user (who knows what is meant) replies to questions, until there is an answer. Every such conversation is a branch of
the gold one, with its actions, its scores, whose fault a missed goal is, and what went wrong on the way.

    duologue synthesize simulate validation.json --format pacific --model policy=hf:runs/act --model openai:NAME
      --classifier model --out runs/simulated
    duologue evaluate clarify runs/simulated

Every role is any model spec; the helpers of an evaluation should not be those of the training that it judges.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Literal

from msgspec.structs import replace
from pydantic import Field, model_validator

from duologue.corpora.actions import ACTION
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.goal_tolerance import tolerance_of
from duologue.corpora.simulated import BLAME, FAULT, GOAL, QUESTIONS, REACHED, TOKENS, TURN
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.dialogue import Branch, Dialogue, Origin, Turn, derived_id
from duologue.measures.embeddings import MINILM
from duologue.measures.goal_score import Heuristics
from duologue.measures.sql_execution import UnusableGold
from duologue.models.failure import ModelFailure
from duologue.models.request import Message
from duologue.operators.at_once import at_once
from duologue.operators.clarifying import classifiers, intents, users
from duologue.operators.clarifying.blame import blame
from duologue.operators.clarifying.classifiers import asks_model, classifier_of
from duologue.operators.clarifying.intents import INTENT, Intents, Source
from duologue.operators.clarifying.rollouts import POLICY, Roles, Simulated, asking_policy, roll_out
from duologue.operators.clarifying.scripted_user import ScriptedUser
from duologue.operators.clarifying.users import GoldUser, Manner, ModelUser, UserSimulator
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Ask, AskFor, Sampling
from duologue.prompts.clarify import PROMPT as ASKING
from duologue.prompts.clarify import asking_within
from duologue.views.preference import PairOptions, worth


class SimulateOptions(OperatorOptions):
    """How conversations go on, and what their answers are worth."""

    max_turns: int = Field(default=3, ge=1)
    """Most replies of the policy in one conversation (published: 2)."""
    samples: int = Field(default=1, ge=1)
    """Conversations from each state; more than one want a --policy-temperature."""
    policy_temperature: float = Field(default=0.0, ge=0)
    """Temperature of the policy; 0 is greedy."""
    policy_tokens: int = Field(default=128, ge=1)
    """Most tokens in one reply of the policy."""
    prompt_characters: int | None = Field(default=None, ge=200)
    """Most characters of the policy's prompt; longer ones lose what the answer rests on first, then old turns."""
    classifier: str = "rule"
    """`rule`, `random`, `model`, `probabilities`, a trained classifier's folder; several joined by commas vote."""
    user: Literal["model", "gold", "terse", "talkative"] = "model"
    """Who answers questions: a model that knows what is meant, the gold replies, or one of the two users of the sample
    world, which need no model."""
    manner: Manner = "helpful"
    """How a model answers them."""
    intents: Source = "auto"
    """What the user means: the corpus's `rewrite`, the gold `reply`, a model's `summary`, or what there is (`auto`)."""
    tolerance: float | None = Field(default=None, ge=0, lt=1)
    """An answer that scores above it has reached its goal; by default .9 for drop, .8 for similarity, .5 for sql."""
    question_cost: float = Field(default=0.0, ge=0)
    """Taken off the score for each question."""
    embedding: str = MINILM
    """Of goals compared by meaning: `minilm`, or a sentence-transformers model."""
    answer_tokens: int = Field(default=64, ge=1)
    """Most tokens in one message of the user."""
    draws: int = Field(default=2, ge=1)
    """Messages of the user that may be drawn until one passes."""
    databases: Path | None = Field(default=None, exclude=True)
    """The folder with `database/NAME/NAME.sqlite`, where goals are queries."""

    @model_validator(mode="after")
    def _mannered(self) -> SimulateOptions:
        users.check_manner(self.user, self.manner)
        return self


def plan(dialogues: Iterable[Dialogue], options: SimulateOptions, rng: random.Random) -> Iterator[WorkItem | Skipped]:
    """An item for every conversation with a gold action."""
    for dialogue in dialogues:
        if any(True for _ in instances([dialogue])):
            yield WorkItem.of(dialogue)
        else:
            yield Skipped(dialogue.id, "no turn with an action")


async def simulate(
    item: WorkItem, ask: Ask, options: SimulateOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Let a policy and a simulated user carry conversations to their end, from every labelled turn."""
    states = [(state, sample) for state in instances([item.dialogue]) for sample in range(options.samples)]
    told = {state.id: Intents(options.intents, partial(_the, ask.fork(f"{state.id} intent"))) for state, _ in states}
    # Each conversation asks by itself, so that what it asked stands in one order whoever answers first.
    asked = [ask.fork(f"{state.id} {sample}") for state, sample in states]
    branches, rejected = await at_once(
        _conversation(state, sample, each, told[state.id], options)
        for (state, sample), each in zip(states, asked, strict=True)
    )
    for each in rejected:
        yield each
    if branches:
        yield replace(item.dialogue, branches=branches)


SIMULATE = Operator(
    name="simulate",
    run=simulate,
    options=SimulateOptions,
    prompts=(ASKING, classifiers.PROMPT, users.PROMPT, intents.PROMPT),
    roles=(POLICY, classifiers.CLASSIFIER, users.USER, INTENT),
    plan=plan,
    asked=lambda options: (POLICY, *helper_roles(options.classifier, options.user, options.intents)),
)


@cache
def _heuristics(databases: Path | None, embedding: str) -> Heuristics:
    return Heuristics(None if databases is None else SpiderDatabases(databases), embedding=embedding)


def _the(ask: Ask, state: str) -> Ask:
    return ask


async def _conversation(
    state: Instance, sample: int, ask: Ask, intents: Intents, options: SimulateOptions
) -> Branch | Rejected:
    """The branch of one conversation; only what concerns every request is raised."""
    heuristics = _heuristics(options.databases, options.embedding)

    def prompt(instance: Instance, after: Sequence[Turn]) -> tuple[Message, ...]:
        return asking_within(options.prompt_characters, instance, after=after)

    ask_for = partial(_the, ask)
    sampling = Sampling(options.policy_tokens, options.policy_temperature)
    roles = Roles(
        asking_policy(ask_for, prompt, sampling),
        classifier_of(options.classifier, ask_for),
        user_of(ask_for, intents, options),
        heuristics.score,
    )
    (made,) = await roll_out([state], roles, max_turns=options.max_turns)
    if made.fault is not None and isinstance(made.fault.error, ModelFailure):
        return Rejected.unanswered(f"{state.id}, sample {sample}, {made.fault.role}", made.fault.error)
    # Gold replies keep nothing back; any other user that replied was told what is meant.
    told = options.user != "gold" and any(turn.role == "user" for turn in made.rollout.turns)
    return _branch(made, sample, heuristics, await intents.of(state) if told else None, options)


def user_of(ask_for: AskFor, intents: Intents, options: SimulateOptions) -> UserSimulator:
    """Who plays the user, by the options."""
    if options.user == "model":
        return ModelUser(ask_for, intents, options, options.manner)
    return GoldUser(intents) if options.user == "gold" else ScriptedUser(options.user, intents)


def helper_roles(classifier: str, user: str, intents: Source) -> tuple[str, ...]:
    """The helpers that are language models, by the options."""
    plays = {
        classifiers.CLASSIFIER: asks_model(classifier) > 0,
        users.USER: user == "model",
        INTENT: intents == "summary",
    }
    return tuple(role for role, is_model in plays.items() if is_model)


def _branch(
    made: Simulated, sample: int, heuristics: Heuristics, meant: str | None, options: SimulateOptions
) -> Branch:
    state, rollout, fault = made
    tolerance = tolerance_of(state.goal_type, options.tolerance)
    rule = PairOptions(tolerance=tolerance, question_cost=options.question_cost)
    reached = rollout.score is not None and worth(rollout, rule) > tolerance
    at_fault = blame(
        made,
        reached=reached,
        meant=meant,
        gold_reaches=reached or _reaches_itself(state, heuristics, tolerance),
        cooperative=options.user != "model" or options.manner == "helpful",
    )
    scores = {QUESTIONS: float(rollout.questions), TOKENS: float(sum(rollout.tokens_by_turn)), REACHED: float(reached)}
    if rollout.score is not None:
        scores[GOAL] = rollout.score
    first = _of_first_reply(made, heuristics)
    if first is not None:
        scores[TURN] = first
    labels = {ACTION: list(rollout.actions)}
    if at_fault is not None:
        labels[BLAME] = [at_fault]
    if fault is not None:
        labels[FAULT] = [fault.kind]
    return Branch(
        derived_id(state.dialogue.id, "simulate", state.at, sample),
        state.at,
        _turns(made),
        labels=labels,
        scores=scores,
        origin=Origin("simulate", draw=sample),
    )


def _turns(made: Simulated) -> list[Turn]:
    actions = iter(made.rollout.actions)
    turns = []
    for message in made.rollout.turns:
        if message.role == "user":
            turns.append(Turn("user", message.content))
        else:
            action = next(actions, None)
            turns.append(Turn("system", message.content, labels={} if action is None else {ACTION: [action]}))
    return turns


def _reaches_itself(state: Instance, heuristics: Heuristics, tolerance: float) -> bool:
    try:
        return state.goal is not None and heuristics.score(state.goal, state) > tolerance
    except UnusableGold:
        return False


def _of_first_reply(made: Simulated, heuristics: Heuristics) -> float | None:
    try:
        return heuristics.turn(made.rollout.turns[0].content if made.rollout.turns else "", made.instance)
    except UnusableGold:
        return None
