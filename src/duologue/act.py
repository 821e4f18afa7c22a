"""ACT by the names of the released code: `ACTDataset`, `get_datasets_from_config`, `ACTTrainer` (docs/act.md)."""

from duologue.experiments.act_api import ACTTrainer
from duologue.experiments.act_dataset import ACTDataset, get_datasets_from_config

__all__ = ["ACTDataset", "ACTTrainer", "get_datasets_from_config"]
