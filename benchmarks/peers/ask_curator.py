"""curator: one LLM block over the questions.

Its `openai` backend counts tokens with tiktoken and fetches a price list; where there is no network both
are replaced by constants, which changes nothing in the path of a request.
"""

from __future__ import annotations

import os
import tempfile

# Read when the package is imported: no price list from the network, no live display, no telemetry.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["CURATOR_DISABLE_RICH_DISPLAY"] = "1"
os.environ["TELEMETRY_ENABLED"] = "0"

import tiktoken
from bespokelabs import curator
from clock import report


def ask(url: str, prompts: list[str], in_flight: int) -> int:
    """Call the block; return the answers received."""

    class Words:
        """Counts words as tokens: the real tables would be downloaded."""

        def encode(self, text: str, **_: object) -> list[str]:
            return text.split()

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_: Words()

    class Sentence(curator.LLM):
        def prompt(self, row: dict[str, str]) -> str:
            return row["prompt"]

        def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
            return {"text": response}

    with tempfile.TemporaryDirectory() as cache:
        block = Sentence(
            model_name="mock",
            backend="openai",
            backend_params={
                "base_url": url,
                "api_key": "none",
                "max_concurrent_requests": in_flight,
                "max_requests_per_minute": 10_000_000,
                "max_tokens_per_minute": 1_000_000_000,
            },
        )
        answers = block([{"prompt": prompt} for prompt in prompts], working_dir=cache)
        rows = getattr(answers, "dataset", answers)
        return sum(1 for row in rows if row["text"])


if __name__ == "__main__":
    report("bespokelabs-curator", ask)
