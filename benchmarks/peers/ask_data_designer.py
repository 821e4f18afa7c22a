"""NeMo DataDesigner: one LLM text column beside a column of questions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import data_designer.config as config
import pandas
from clock import report
from data_designer.interface import DataDesigner


def ask(url: str, prompts: list[str], in_flight: int) -> int:
    """Create a dataset; return the answers received."""
    with tempfile.TemporaryDirectory() as folder:
        provider = config.ModelProvider(name="mock", endpoint=url, provider_type="openai", api_key="none")
        designer = DataDesigner(artifact_path=Path(folder), model_providers=[provider])
        model = config.ModelConfig(
            alias="mock",
            model="mock",
            provider="mock",
            skip_health_check=True,
            inference_parameters=config.ChatCompletionInferenceParams(temperature=0.7, max_parallel_requests=in_flight),
        )
        builder = config.DataDesignerConfigBuilder(model_configs=[model])
        builder.with_seed_dataset(config.DataFrameSeedSource(df=pandas.DataFrame({"question": prompts})))
        builder.add_column(config.LLMTextColumnConfig(name="answer", model_alias="mock", prompt="{{ question }}"))
        rows = designer.create(builder, num_records=len(prompts)).load_dataset()
        return int(rows["answer"].astype(bool).sum())


if __name__ == "__main__":
    report("data-designer", ask)
