"""A recipe's stage asks a steered model, and is stale when the vectors' bytes change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from planted_direction import PLUS, planted_llama, planted_replies

from duologue.errors import InputError
from duologue.experiments import experiment
from duologue.experiments.recipe import load_recipe
from duologue.experiments.seedtalk.settings import SeedtalkRecipe
from duologue.experiments.settings import Recipe
from duologue.models import Request, open_model
from duologue.models.in_process import open_in_process
from duologue.models.steering_vectors import read_vectors, write_vectors
from duologue.training.steering_vectors import fit_vectors


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and vectors of it."""
    folder = tmp_path_factory.mktemp("steered")
    loaded = open_in_process(f"hf:{planted_llama(folder / 'model')}").loaded
    write_vectors(folder / "v.safetensors", fit_vectors(planted_replies(20), loaded.model, loaded.tokenizer, layer=2))
    return folder


def recipe(place: Path, *changes: str) -> Recipe:
    return load_recipe("seedtalk", ["scale=smoke", f"conversation.model=hf:{place / 'model'}", *changes])


def key(asked: Recipe, stage: str, folder: Path) -> str:
    (found,) = (each.key for each in experiment.plan(asked, folder).stages if each.stage.name == stage)
    return found


def test_a_stage_asks_a_steered_model(place: Path) -> None:
    def said(*changes: str) -> str:
        asked = recipe(place, *changes)
        assert isinstance(asked, SeedtalkRecipe)
        settings = asked.conversation
        model = open_model(settings.model, settings.model_options())
        return asyncio.run(model.complete(Request("i need a table", max_tokens=12, temperature=0))).text

    steer = f"conversation.steer={place}/v.safetensors:Plus"
    strong = said(steer, "conversation.strength=8")
    assert sum(strong.count(word) for word in PLUS) > 5
    assert said(steer, "conversation.strength=0") == said() != strong


def test_the_vectors_bytes_are_in_the_stages_key(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "v.safetensors"
    file.write_bytes((place / "v.safetensors").read_bytes())
    steer = f"conversation.steer={file}:Plus"
    keys = [key(recipe(place, *more), "conversation", tmp_path) for more in ((), (steer,))]
    keys.append(key(recipe(place, steer, "conversation.strength=4"), "conversation", tmp_path))
    seeds = key(recipe(place, steer), "seeds", tmp_path)
    assert key(recipe(place, steer), "conversation", tmp_path) == keys[1]
    vectors = read_vectors(file)
    write_vectors(file, vectors._replace(vectors={name: 2 * each for name, each in vectors.vectors.items()}))
    keys.append(key(recipe(place, steer), "conversation", tmp_path))
    assert len(set(keys)) == 4
    assert key(recipe(place, steer), "seeds", tmp_path) == seeds


def test_what_cannot_be_steered_is_told_before_anything_runs(place: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no vector steers to 'Hope'"):
        experiment.plan(recipe(place, f"conversation.steer={place}/v.safetensors:Hope"), tmp_path)
    server = ("conversation.model=openai:name", f"conversation.steer={place}/v.safetensors:Plus")
    with pytest.raises(InputError, match="openai:name cannot be steered"):
        experiment.plan(recipe(place, *server), tmp_path)
