"""What a model is trained on begins with the very ids that it is given when it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from duologue.dialogue import Dialogue, Turn
from duologue.models.local import LocalModel
from duologue.models.request import Request
from duologue.views.simpletod import simpletod_examples
from duologue.views.tokens import prompt_ids, tokenise

pytest.importorskip("torch")
tokenizers = pytest.importorskip("tokenizers")

STAY = Dialogue(
    id="d",
    turns=[
        Turn("user", "A place to stay, in the north?", state={"hotel": {"area": ["north"]}}),
        Turn("system", "Oak Lodge. Which day?"),
        Turn("user", "Monday, please.", state={"hotel": {"area": ["north"], "bookday": ["monday"]}}),
        Turn("system", "Done."),
    ],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from random_llama import make_random_llama

    from duologue.views.simpletod import special_tokens

    return make_random_llama(
        tmp_path_factory.mktemp("llama"), hidden=32, context=1024, special=special_tokens(), spread=0.3
    )


@pytest.mark.parametrize("markers", ["special", "plain"])
@pytest.mark.parametrize("single", ["$A", "<|pad|> $A", "<|pad|> $A <|end|>"])
def test_training_and_inference_begin_alike(folder: Path, markers: Any, single: str) -> None:
    model = LocalModel(folder, name="hf:test", device="cpu")
    tokenizer = model.loaded.tokenizer
    backend = tokenizer.backend_tokenizer
    special = [(name, backend.token_to_id(name)) for name in ("<|pad|>", "<|end|>") if name in single]
    backend.post_processor = tokenizers.processors.TemplateProcessing(single=single, special_tokens=special)
    for example in simpletod_examples(STAY, markers=markers):
        asked = list(model._prompt_tokens(Request(example.prompt)))
        assert asked == prompt_ids(example.prompt, tokenizer)
        trained = tokenise(example.prompt, example.completion, tokenizer)
        assert trained.ids[: len(asked)] == asked
        assert not any(trained.trained[: len(asked)])
        assert trained.ids.count(tokenizer.eos_token_id) == 1
        assert trained.ids[-1] == tokenizer.eos_token_id
