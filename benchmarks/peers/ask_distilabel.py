"""distilabel: one TextGeneration step over the questions, its batch as large as what may be in flight."""

from __future__ import annotations

import tempfile

from clock import report
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def ask(url: str, prompts: list[str], in_flight: int) -> int:
    """Run a pipeline; return the answers received."""
    with tempfile.TemporaryDirectory() as cache, Pipeline(name="peers", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt} for prompt in prompts], batch_size=in_flight)
        generate = TextGeneration(llm=OpenAILLM(model="mock", base_url=url, api_key="none"), input_batch_size=in_flight)
        load >> generate
        rows = pipeline.run(use_cache=False)["default"]["train"]
    return sum(1 for row in rows if row["generation"])


if __name__ == "__main__":
    report("distilabel", ask)
