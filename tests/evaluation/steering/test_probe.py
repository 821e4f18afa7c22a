"""The probe: the same classifier as scikit-learn's, a planted direction, and a leak that looks like knowledge."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from planted_direction import planted_llama, planted_replies
from random_families import make_random
from sklearn.linear_model import RidgeClassifier

from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.evaluation.steering.probe import probe
from duologue.evaluation.steering.streamed_ridge import StreamedRidge
from duologue.models.hidden_states import hidden_states, layers_of
from duologue.models.in_process import open_in_process
from duologue.models.residual import blocks


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return open_in_process(f"hf:{planted_llama(tmp_path_factory.mktemp('probe'))}").loaded


@pytest.mark.parametrize("classes", [2, 4])
def test_streamed_it_is_scikit_learns_ridge_classifier(classes: int) -> None:
    rng = np.random.default_rng(classes)
    features = rng.normal(size=(3, 700, 12)) + 2
    labels = rng.integers(classes, size=700)
    features[1, :, 0] += labels
    streamed = StreamedRidge(layers=3, width=12, classes=classes, alpha=2.0)
    for at in range(700):
        streamed.add(features[:, at : at + 1], int(labels[at]))
    told = streamed.fit().predict(features)
    for layer in range(3):
        known = RidgeClassifier(alpha=2.0).fit(features[layer], labels).predict(features[layer])
        assert (told[layer] == known).all()


def test_hidden_states_are_the_models_and_nothing_stays(loaded: Any) -> None:
    ids, marked = [5, 9, 30, 31, 7], [False, True, False, True, True]
    (states,) = hidden_states(loaded.model, [(ids, marked)], layers=layers_of(loaded.model))
    assert not any(block._forward_hooks or block._forward_pre_hooks for block in blocks(loaded.model))
    with torch.inference_mode():
        known = loaded.model(torch.tensor([ids]), output_hidden_states=True).hidden_states
    assert torch.equal(states[0], known[0][0, [1, 3, 4]].float())
    assert torch.equal(states[1], known[1][0, [1, 3, 4]].float())


@pytest.mark.parametrize("family", ["llama", "gpt-neox", "falcon", "gemma2", "gpt2", "bert"])
def test_together_texts_have_the_states_that_they_have_alone(family: str, tmp_path: Path) -> None:
    model = open_in_process(f"hf:{make_random(family, tmp_path)}").loaded.model
    rng = random.Random(3)
    texts = []
    for length in (3, 17, 40, 9, 40, 1, 28):
        marked = [rng.random() < 0.5 for _ in range(length)]
        texts.append(([rng.randrange(300) for _ in range(length)], [*marked[:-1], True]))
    layers = layers_of(model)
    together = list(hidden_states(model, texts, layers=layers))
    assert len(together) == len(texts)
    for one, found in zip(texts, together, strict=True):
        (alone,) = hidden_states(model, [one], layers=layers)
        assert found.shape == (3, sum(one[1]), 32)
        assert torch.allclose(found, alone, atol=1e-5)


def test_no_more_tokens_go_through_the_model_at_once_than_are_allowed(loaded: Any) -> None:
    shapes = []
    texts = [([5] * length, [True] * length) for length in (4, 4, 10, 40, 2)]
    own = loaded.model.get_input_embeddings().register_forward_hook(lambda *call: shapes.append(call[2].shape[:2]))
    states = list(hidden_states(loaded.model, texts, layers=[1], together=20))
    own.remove()
    assert [each.shape[1] for each in states] == [4, 4, 10, 40, 2]
    assert shapes == [(2, 4), (1, 10), (1, 40), (1, 2)]


@pytest.mark.parametrize("unit", ["token", "reply"])
def test_a_planted_direction_is_found_at_every_layer(loaded: Any, unit: Any) -> None:
    score = probe(planted_replies(20), loaded.model, loaded.tokenizer, unit=unit)
    assert [layer.layer for layer in score.layers] == [0, 1, 2]
    assert all(layer.accuracy.value > 95 for layer in score.layers)
    assert score.chance < 60
    assert score.test_units > 0


def test_a_leaky_split_knows_replies_where_an_honest_one_knows_nothing(loaded: Any) -> None:
    """Strategies are dealt out at random, and every reply repeats a word of its own: only the reply can be known."""
    rng = random.Random(0)
    words = ["hotel", "train", "sister", "friday", "table", "noon", "parking", "birthday", "north", "cheap"]
    replies = []
    for number in range(40):
        own = " ".join(rng.sample(words, 2))
        before = [Turn("user", f"{rng.choice(words)} {rng.choice(words)} {number}")]
        strategy = rng.choice(["A", "B"])
        replies.append(StrategyReply(f"r{number}", f"c{number}", strategy, " ".join([own] * 8), before, {}))
    score = probe(replies, loaded.model, loaded.tokenizer, layers=[2], test_share=0.4)
    (last,) = score.layers
    assert last.leaky_accuracy > 65
    assert last.leaky_accuracy > last.accuracy.value + 15


def test_unusable_replies_are_counted(loaded: Any) -> None:
    replies = planted_replies(10)
    opening = replies[0]._replace(id="opening", before=[])
    assert probe([opening, *replies], loaded.model, loaded.tokenizer, layers=[1]).left_out == 1


def test_a_server_has_no_hidden_states() -> None:
    with pytest.raises(InputError, match="cannot be looked into"):
        open_in_process("openai:model")
