"""Conversations of a policy in training: which states they go on from, with which prompts, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from clarify_talk import table_talk
from msgspec.structs import replace
from random_llama import make_random_llama
from toy_act import Echo, by_letters
from toy_pairs import toy_pair, toy_talk

from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Turn
from duologue.experiments.clarify_rollouts import Helpers, roller
from duologue.experiments.clarify_training import gold_states
from duologue.experiments.own_loop import OwnLoop
from duologue.operators.clarifying.classifiers import Judged
from duologue.training.act import turned_round
from duologue.training.base_model import Base, load_base
from duologue.training.preference_options import SamplingOptions
from duologue.views.preference import Pair, Rollout

SAMPLING = SamplingOptions(max_new_tokens=4, max_turns=2)
STATES = [next(iter(instances([toy_talk(number)]))) for number in range(2)]  # vague, clear
VAGUE, CLEAR = toy_pair(0), toy_pair(1)


class AlwaysAsks:
    """What it hears first is a question, then an answer."""

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        return Judged("answer" if after else "clarify")


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = load_base(str(make_random_llama(tmp_path_factory.mktemp("llama"), context=512, spread=0.02)))
    base.model.eval()
    return base


def rolled(base: Base, states: Sequence[Instance], pairs: Sequence[Pair], **how: Any) -> list[Rollout]:
    with OwnLoop() as loop:
        roll = roller(states, Helpers(AlwaysAsks(), Echo(), by_letters), SAMPLING, seed=0, loop=loop, **how)
        return [rollout for each in roll(base.model, base.tokenizer, pairs, 0) for rollout in each]


def test_ids_may_have_a_sign_of_their_own(llama: Base) -> None:
    """Abg-CoQA's conversations are called `ROW#1.2`; a pair that was drawn again ends with `#1`."""
    state = STATES[0]._replace(id="row#1.2-1")
    again = [replace(VAGUE, id=f"row#1.2-1{copy}") for copy in ("", "#1")]
    first, second = rolled(llama, [state], again)
    assert [each.instance_id for each in (first, second)] == ["row#1.2-1", "row#1.2-1#1"]
    assert first.turns != second.turns


def test_act_asks_no_user_after_a_needless_question(llama: Base) -> None:
    vague, clear = rolled(llama, STATES, [VAGUE, CLEAR], gated=True)
    assert [len(each.turns) for each in (vague, clear)] == [3, 1]
    assert clear.actions == ("clarify",)
    assert [len(each.turns) for each in rolled(llama, STATES, [VAGUE, CLEAR])] == [3, 3]


def test_the_action_that_counts_is_the_pairs(llama: Base) -> None:
    """It may have been drawn (`random_actions`)."""
    pairs = [turned_round(VAGUE), turned_round(CLEAR)]
    assert [len(each.turns) for each in rolled(llama, STATES, pairs, gated=True)] == [1, 3]


def test_what_was_cut_says_so(llama: Base) -> None:
    vague, _ = rolled(llama, STATES, [VAGUE, CLEAR])
    assert vague.tokens_by_turn == (4, 4)
    assert vague.cut == (0, 1)


def test_no_prompt_of_a_training_holds_its_own_or_a_later_gold_turn_or_a_turn_twice() -> None:
    for number in range(4):
        talk = table_talk(number)
        found = gold_states([talk], characters=None, what="talk")
        assert len(found.pairs) == 3
        for pair, state in zip(found.pairs, found.states, strict=True):
            said = [message.content for message in pair.prompt if message.role != "system"]
            assert said == [turn.text for turn in talk.turns[: state.at]]
            assert not {turn.text for turn in talk.turns[state.at :]} & set(said)
            assert len(said) == len(set(said))
