"""Operators: surgery on dialogues with the help of models; the engine that runs them; the gates they must pass."""

from duologue.operators.engine import Outcome, run
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.operators.run_folder import RunFolder
from duologue.operators.shards import Shard

__all__ = ["Operator", "OperatorOptions", "Outcome", "Rejected", "RunFolder", "Shard", "Skipped", "WorkItem", "run"]
