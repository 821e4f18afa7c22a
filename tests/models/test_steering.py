"""Steering vectors: found again where they were planted, safe in batches, and gone when the work is done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
import torch
from planted_direction import HIDDEN, PLUS, direction, planted_llama, planted_replies
from random_families import make_random

from duologue.errors import InputError
from duologue.models import Request, open_model
from duologue.models.hidden_states import hidden_states
from duologue.models.in_process import open_in_process
from duologue.models.live import LiveModel
from duologue.models.local import LocalModel
from duologue.models.residual import Steering, blocks, steered
from duologue.models.steering_vectors import SteeringVectors, read_vectors, steering_of, write_vectors
from duologue.training.steering_vectors import fit_vectors

PROMPTS = ["i need a table", "the area is", "she meets you there at noon and", "happy birthday to"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_llama(tmp_path_factory.mktemp("steering"))


@pytest.fixture(scope="module")
def vectors(planted: Path) -> SteeringVectors:
    loaded = open_in_process(f"hf:{planted}").loaded
    return fit_vectors(planted_replies(20), loaded.model, loaded.tokenizer)


def answers(model: LocalModel, prompts: list[str], **asked: object) -> list[str]:
    async def ask() -> list[str]:
        requests = (Request(prompt, max_tokens=12, temperature=0, **asked) for prompt in prompts)
        return [reply.text for reply in await asyncio.gather(*(model.complete(each) for each in requests))]

    return asyncio.run(ask())


def opened(planted: Path, steering: Steering | None) -> LocalModel:
    return LocalModel(planted, name="planted", dtype="float64", steering=steering)


def test_the_planted_direction_is_found_again(vectors: SteeringVectors) -> None:
    found = vectors.vectors["Plus"]
    assert found @ direction() / np.linalg.norm(found) > 0.9
    assert vectors.vectors["Minus"] @ direction() < 0
    assert vectors.fitted["replies"] == {"Minus": 14, "Plus": 14}  # the other 6 conversations are left for judging
    assert len(vectors.fitted["held_out"]) == 6


def test_a_file_keeps_them_and_is_no_pickle(vectors: SteeringVectors, tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    write_vectors(path, vectors)
    again = read_vectors(path)
    assert again.layer == vectors.layer
    assert again.fitted == vectors.fitted
    assert (again.vectors["Plus"] == vectors.vectors["Plus"]).all()
    assert steering_of(f"{path}:Plus", 2.0).strength == 2.0
    with pytest.raises(InputError, match="no vector steers to 'Hope'"):
        steering_of(f"{path}:Hope", 1.0)
    with pytest.raises(InputError, match="expected FILE:STRATEGY"):
        steering_of("Plus", 1.0)
    path.write_bytes(b"\x80\x04nothing")
    with pytest.raises(InputError, match="no safetensors file"):
        read_vectors(path)
    with pytest.raises(InputError, match="no such file"):
        read_vectors(tmp_path / "nowhere.safetensors")


def test_strength_zero_changes_no_byte(planted: Path, vectors: SteeringVectors) -> None:
    plain, zero = opened(planted, None), opened(planted, vectors.steering("Plus", 0.0))
    assert answers(zero, PROMPTS) == answers(plain, PROMPTS)
    assert zero.fingerprint == plain.fingerprint


def test_one_model_steered_in_several_ways_has_the_keys_of_each(planted: Path, vectors: SteeringVectors) -> None:
    model = opened(planted, None)
    for strength in (0.0, 2.0):
        steering = vectors.steering("Plus", strength)
        loaded = model.loaded
        live = LiveModel(
            loaded.model, loaded.tokenizer, name="planted", steering=steering, fingerprint=model.fingerprint
        )
        same = opened(planted, steering)
        assert live.fingerprint == same.fingerprint
        assert answers(live, PROMPTS) == answers(same, PROMPTS)


def test_a_stronger_vector_says_more_of_what_it_steers_to(planted: Path, vectors: SteeringVectors) -> None:
    last = vectors._replace(layer=2)  # from there the embeddings, which are tied, are what is said

    def share(strength: float) -> float:
        model = opened(planted, last.steering("Plus", strength))
        said = answers(model, PROMPTS)
        return sum(text.count(word) for text in said for word in PLUS) / len(said)

    assert share(-4) == 0
    assert share(8) > max(share(0), 5)


def test_steered_rows_do_not_depend_on_their_batch_and_no_hook_stays(planted: Path, vectors: SteeringVectors) -> None:
    model = opened(planted, vectors.steering("Plus", 3.0))
    together = answers(model, [*PROMPTS, PROMPTS[0] + " for five"])  # which begins with another
    alone = [answers(opened(planted, vectors.steering("Plus", 3.0)), [prompt])[0] for prompt in PROMPTS]
    assert together[: len(PROMPTS)] == alone
    assert together[: len(PROMPTS)] != answers(opened(planted, None), PROMPTS)
    assert not any(block._forward_hooks for block in blocks(model.loaded.model))


def test_an_error_inside_leaves_no_hook(planted: Path, vectors: SteeringVectors) -> None:
    model = open_in_process(f"hf:{planted}").loaded.model
    with pytest.raises(IndexError), steered(model, vectors.steering("Plus", 1.0)):
        model(torch.tensor([[10**6]]))  # no such token
    assert not any(block._forward_hooks for block in blocks(model))


@pytest.mark.parametrize("family", ["gpt-neox", "falcon", "gemma2", "gpt2"])
def test_every_family_is_steered_by_what_is_added(family: str, tmp_path: Path) -> None:
    model = open_in_process(f"hf:{make_random(family, tmp_path)}").loaded.model
    text = ([5, 6, 7], [True] * 3)
    vector = np.linspace(-3, 3, HIDDEN, dtype=np.float32)
    (before,) = hidden_states(model, [text], layers=[1, 2])
    with steered(model, Steering(1, vector, 2.0)):
        (after,) = hidden_states(model, [text], layers=[1, 2])
    (again,) = hidden_states(model, [text], layers=[1, 2])
    assert torch.allclose(after[0] - before[0], torch.from_numpy(2 * vector), atol=1e-4)
    assert not torch.allclose(after[1], before[1], atol=0.1)
    assert torch.equal(again, before)


def test_what_does_not_fit_is_told_in_one_line(planted: Path, vectors: SteeringVectors, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="width 3, the model's is 32"):
        _ = opened(planted, Steering(1, np.zeros(3, dtype=np.float32), 1.0)).loaded
    with pytest.raises(InputError, match="no layer 9, the model has 2"):
        _ = opened(planted, Steering(9, np.zeros(HIDDEN, dtype=np.float32), 1.0)).loaded
    with pytest.raises(InputError, match="cannot be steered"):
        open_model("openai:name", steer="a:b")
    loaded = open_in_process(f"hf:{planted}").loaded
    with pytest.raises(InputError, match="no layer 3, the model has 2"):
        fit_vectors(planted_replies(20), loaded.model, loaded.tokenizer, layer=3)
    write_vectors(tmp_path / "v.safetensors", vectors)
    steered_model = open_model(f"hf:{planted}", steer=f"{tmp_path}/v.safetensors:Plus", strength=2.0)
    assert "steered" in steered_model.fingerprint
