"""Recipes and `key=value`: what ships is valid, and a wrong setting is told in one line with the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.errors import InputError
from duologue.experiments import overrides
from duologue.experiments.recipe import load_recipe, shipped_recipes
from duologue.training.options import LoRA


@pytest.mark.parametrize("scale", ["smoke", "full"])
def test_every_shipped_recipe_is_valid_at_both_scales(scale: str) -> None:
    assert {path.name for path in shipped_recipes()} >= {"interference.yaml", "clarify.yaml"}
    for path in shipped_recipes():
        assert load_recipe(str(path), [f"scale={scale}"]).scale == scale


def test_the_published_settings() -> None:
    recipe = load_recipe("paper/interference")
    assert recipe.train.base == "hf:meta-llama/Llama-2-7b-hf"
    assert recipe.train.batch_size * recipe.train.accumulate == 32
    assert recipe.train.lora == LoRA(r=32, alpha=32, dropout=0.1, targets=["q_proj", "v_proj"])
    assert (recipe.train.learning_rate, recipe.train.epochs, recipe.train.warmup_steps) == (3e-5, 4, 500)
    assert (recipe.train.loss, recipe.train.seed) == ("all", 42)
    assert recipe.synthesize.shots == 3
    assert recipe.evaluate.definition == "published-lenient"


def test_overrides_reach_every_depth() -> None:
    changes = [
        "train.learning_rate=1e-4",
        "train.lora.r=4",
        "seed=7",
        "synthesize.model=openai:gpt",
        "train.lora.dropout=.5",
    ]
    recipe = load_recipe("interference", changes)
    assert recipe.train.learning_rate == 1e-4
    assert recipe.train.lora is not None
    assert (recipe.train.lora.r, recipe.train.lora.alpha) == (4, 32)
    assert (recipe.seed, recipe.train.seed) == (7, 7)
    assert load_recipe("interference", ["train.lora=null"]).train.lora is None
    assert load_recipe("interference", ["seed=7", "train.seed=1"]).train.seed == 1


def test_smoke_is_laid_over_the_settings_and_overrides_over_smoke() -> None:
    full, smoke = load_recipe("interference"), load_recipe("interference", ["scale=smoke"])
    assert smoke.corpus.sample.train < full.corpus.sample.train
    assert smoke.train.learning_rate == full.train.learning_rate
    assert load_recipe("interference", ["scale=smoke", "corpus.sample.train=5"]).corpus.sample.train == 5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.learning_rat=1", "there is no setting 'train.learning_rat'; did you mean train.learning_rate?"),
        ("learning_rate=1", "there is no setting 'learning_rate'; did you mean train.learning_rate?"),
        ("train.lora.rank=1", "there is no setting 'train.lora.rank'; there are"),
        ("train.learning_rate=fast", "train.learning_rate: input should be a valid number"),
        ("train.learning_rate=-1", "train.learning_rate: input should be greater than 0, found -1"),
        ("train.bits=5", "train.bits: input should be 4 or 8, found 5"),
        ("scale=huge", "expected smoke or full, found 'huge'"),
        ("learning_rate", "expected key=value, found 'learning_rate'"),
        ("train..r=1", "expected key=value"),
        ("train.lora=[", "the value cannot be read"),
        ("respond.history=silver", "respond.history: input should be 'gold' or 'generated', found 'silver'"),
    ],
)
def test_a_wrong_setting_is_one_line(override: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        load_recipe("interference", [override])
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "errors.pydantic" not in str(error.value)


def test_an_unknown_recipe_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no such recipe; give a path, or one of: .*paper/interference"):
        load_recipe("interferance")


@pytest.mark.parametrize("text", ["a: [", "just words", ""])
def test_a_file_that_is_no_recipe(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(InputError, match=r"r\.yaml"):
        load_recipe(str(tmp_path / "r.yaml"))


_names = st.lists(st.from_regex(r"[a-z]{1,4}", fullmatch=True), min_size=1, max_size=3)


@given(_names, st.one_of(st.integers(), st.booleans(), st.none(), st.lists(st.integers(), max_size=3)))
def test_an_override_is_found_where_it_was_put(path: list[str], value: object) -> None:
    settings = {"a": {"b": 1}, "kept": {"x": [1]}}
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    changed = overrides.apply(settings, [f"{'.'.join(path)}={text}"])
    found: Any = changed
    for part in path:
        found = found[part]
    assert found == value
    assert settings == {"a": {"b": 1}, "kept": {"x": [1]}}
    assert changed["kept"] == {"x": [1]} or path[0] == "kept"
