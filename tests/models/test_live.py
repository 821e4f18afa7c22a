"""A model in memory behind the same door: what it says is what it says when it is opened from its folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from random_llama import make_random_llama

from duologue.models import Request, open_model
from duologue.models.live import LiveModel
from duologue.models.request import Model
from duologue.models.weights import Weights, load


def test_a_live_model_says_what_the_opened_one_says(tmp_path: Path) -> None:
    folder = make_random_llama(tmp_path / "llama")
    asked = [Request(f"i need a hotel number {number}", max_tokens=12, temperature=0) for number in range(5)]

    async def answers(model: Model) -> list[str]:
        try:
            return [reply.text for reply in await asyncio.gather(*(model.complete(request) for request in asked))]
        finally:
            await model.close()

    loaded = load(Weights(folder))
    live = LiveModel(loaded.model, loaded.tokenizer, name="in memory")
    assert live.loaded.context == 512
    assert asyncio.run(answers(live)) == asyncio.run(answers(open_model(f"hf:{folder}")))
    assert live.largest_batch == 5
    assert LiveModel(loaded.model, loaded.tokenizer, name="x").fingerprint == live.fingerprint
