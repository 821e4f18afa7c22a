"""Rollouts as trainers use them: a batch gives what each state gives alone, turns go in step, failures stay apart."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from clarify_talk import table_talk
from random_llama import make_random_llama

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.dialogue import Grounding, Turn
from duologue.measures.goal_score import Heuristics
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.models.local import LocalModel
from duologue.models.request import Message
from duologue.operators.clarifying.blame import blame
from duologue.operators.clarifying.classifiers import Judged, RuleActions
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.clarifying.intents import Intents
from duologue.operators.clarifying.rollouts import (
    Asked,
    Policy,
    Roles,
    Said,
    Simulated,
    asking_policy,
    roll_out,
)
from duologue.operators.clarifying.users import GoldUser
from duologue.operators.items import item_seed
from duologue.prompts.ask import Ask, ModelAsk, Sampling
from duologue.prompts.clarify import asking_within

STATES = [state for number in range(3) for state in instances([table_talk(number)])]


def nobody(state: str) -> Ask:
    raise AssertionError


USER = GoldUser(Intents("auto", nobody))


def scripted(*turns: str | ModelFailure) -> tuple[Policy, list[int]]:
    """A policy that says the n-th text in the n-th turn, and how many conversations it was asked about each time."""
    asked: list[int] = []

    async def policy(going: Sequence[Asked]) -> list[Said | ModelFailure]:
        asked.append(len(going))
        told = turns[len(asked) - 1]
        return [told if isinstance(told, ModelFailure) else Said(told, 3) for _ in going]

    return policy, asked


def rolled(policy: Policy, states: Sequence[Instance] = STATES[:1], **how: int) -> list[Simulated]:
    return asyncio.run(roll_out(states, Roles(policy, RuleActions(), USER, Heuristics().score), **how))


def test_a_question_is_answered_by_the_user_and_the_answer_scored() -> None:
    policy, asked = scripted("Which year?", "60 million", "never said")
    (made,) = rolled(policy, max_turns=3)
    assert [(turn.role, turn.content) for turn in made.rollout.turns] == [
        ("assistant", "Which year?"),
        ("user", "2019, please."),
        ("assistant", "60 million"),
    ]
    assert (made.rollout.actions, made.rollout.final, made.rollout.score) == ((CLARIFY, ANSWER), "60 million", 1.0)
    assert (made.rollout.questions, made.rollout.tokens_by_turn) == (1, (3, 3))
    assert asked == [1, 1, 0]  # asked in every turn, so that ranks of a training stay in step


def test_without_a_user_a_question_ends_it_and_the_last_question_has_no_answer() -> None:
    policy, asked = scripted("Which year?", "Which town?")
    roles = Roles(policy, RuleActions(), None, Heuristics().score)
    (made,) = asyncio.run(roll_out(STATES[:1], roles, max_turns=2))
    assert (made.rollout.final, made.rollout.score, made.fault, asked) == (None, None, None, [1])
    policy, _ = scripted("Which year?", "Which town?")
    (made,) = rolled(policy, max_turns=2)
    assert (made.rollout.actions, made.rollout.final, made.rollout.questions) == ((CLARIFY, CLARIFY), None, 2)


def test_one_state_that_fails_leaves_the_others_and_a_dead_server_ends_all() -> None:
    async def policy(going: Sequence[Asked]) -> list[Said | ModelFailure]:
        late = ModelFailure("timeout", "too late")
        return [late if each.instance.id == STATES[1].id else Said("60 million") for each in going]

    first, second, third = rolled(policy, STATES[:3])
    assert second.rollout.failures == ("policy: timeout",)
    assert (second.rollout.final, second.rollout.score, second.rollout.actions) == (None, None, ())
    assert first.rollout.failures == third.rollout.failures == ()

    class Dead:
        async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
            raise ModelFailure("unreachable", "no server")

    with pytest.raises(ModelFailure, match="no server"):
        asyncio.run(roll_out(STATES, Roles(policy, Dead(), USER, Heuristics().score)))


def test_a_classifier_without_a_verdict_is_the_simulator_s_fault() -> None:
    class Silent:
        async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
            raise RoleFault("classifier", "no-verdict")

    policy, _ = scripted("60 million")
    (made,) = asyncio.run(roll_out(STATES[:1], Roles(policy, Silent(), USER, Heuristics().score), max_turns=1))
    assert made.rollout.failures == ("classifier: no-verdict",)
    assert made.rollout.questions == 0
    assert blame(made, reached=False, meant=None, gold_reaches=True) == "simulator"


def test_a_goal_that_is_no_query_is_the_task_s_fault(tmp_path: Path) -> None:
    place = tmp_path / "database/shop/shop.sqlite"
    place.parent.mkdir(parents=True)
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE sale (year INT)")
        connection.execute("INSERT INTO sale VALUES (2019)")
    talk = table_talk(0)
    talk.grounding, talk.facts = Grounding(database="shop"), {"goal_type": "sql"}
    heuristics = Heuristics(SpiderDatabases(tmp_path))
    policy, _ = scripted("SELECT year FROM sale")
    roles = Roles(policy, RuleActions(), USER, heuristics.score)
    (made,) = asyncio.run(roll_out(list(instances([talk]))[1:2], roles, max_turns=1))
    assert made.rollout.failures == ("score: unusable-goal",)
    assert blame(made, reached=False, meant=None, gold_reaches=False) == "task"
    talk.turns[3].text = "SELECT max(year) FROM sale"
    for said, score in (("SELECT year FROM sale;", 1.0), ("DELETE FROM sale", 0.0), ("41 million", 0.0)):
        policy, _ = scripted(said)
        roles = roles._replace(policy=policy)
        (made,) = asyncio.run(roll_out(list(instances([talk]))[1:2], roles, max_turns=1))
        assert made.rollout.score == score


def kept_back(reply: str, question: str = "Which year?") -> str | None:
    class Replies:
        async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
            return reply

    policy, _ = scripted(question, "1 million")
    roles = Roles(policy, RuleActions(), Replies(), Heuristics().score)
    (made,) = asyncio.run(roll_out(STATES[:1], roles, max_turns=2))
    return blame(made, reached=False, meant=STATES[0].intent, gold_reaches=True)


def test_what_an_earlier_request_said_is_still_news() -> None:
    talk = table_talk(0)
    talk.turns += [
        Turn("user", "And in Elsewhere?", labels={INTENT: ["What were the sales in Elsewhere in 2019?"]}),
        Turn("system", "Which year do you mean?", labels={ACTION: [CLARIFY]}),
        Turn("user", "2019."),
        Turn("system", "9", labels={ACTION: [ANSWER]}),
    ]
    state = list(instances([talk]))[3]
    policy, _ = scripted("Which year?", "1")
    (made,) = rolled(policy, [state], max_turns=2)
    assert made.rollout.turns[1].content == "2019."
    assert blame(made, reached=False, meant="What were the sales in Elsewhere in 2019?", gold_reaches=True) == "agent"


def test_blame_goes_to_a_user_who_keeps_back_what_a_good_question_asks_for() -> None:
    assert kept_back("2019") == "agent"
    assert kept_back("Yes.") == "agent"
    assert kept_back("Whatever you like.") == "simulator"
    assert kept_back("Fine, thanks.", question="How are you?") == "agent"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama"), context=1024)


def sampled(llama: Path, batches: Sequence[Sequence[Instance]]) -> dict[tuple[str, int], tuple[str, ...]]:
    """What a random model says in each state and sample, with these states in one batch."""

    async def run() -> list[Simulated]:
        async with ModelDesk({"policy": LocalModel(str(llama), name="llama", dtype="float64")}) as desk:
            policy = asking_policy(
                lambda state: ModelAsk(desk, seed=item_seed("test", 0, state)),
                _short,
                Sampling(12, temperature=1.0),
            )
            asks = AsksFirst()
            return [
                each
                for batch in batches
                for each in await roll_out(batch, Roles(policy, asks, USER, Heuristics().score), max_turns=3, samples=2)
            ]

    return {
        (each.rollout.instance_id, each.rollout.draw): tuple(turn.content for turn in each.rollout.turns)
        for each in asyncio.run(run())
    }


class AsksFirst:
    """Takes a reply for a question by its state and place, so that conversations have different lengths."""

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        return Judged(CLARIFY if len(after) < 2 * (instance.at % 3) else ANSWER)


def _short(instance: Instance, after: Sequence[Turn]) -> tuple[Message, ...]:
    return asking_within(600, instance, after=after)


def test_what_comes_of_a_state_does_not_depend_on_its_batch(llama: Path) -> None:
    together = sampled(llama, [STATES])
    alone = sampled(llama, [[state] for state in reversed(STATES)])
    assert together == alone
    assert len(set(together.values())) == len(together) == 2 * len(STATES)
    assert {len(turns) for turns in together.values()} >= {1, 3}
