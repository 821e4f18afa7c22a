"""How near an answer comes to the goal of a conversation, by the kind of the goal: the heuristics of ACT.

    heuristics = Heuristics()
    heuristics.score("41 million", instance)        # 1.0

| goal type | score | reached above |
|---|---|---|
| `drop` | DROP token F1, the best over all accepted answers | .9 (published for PACIFIC) |
| `similarity` | cosine of sentence embeddings, below 0 as 0, the best likewise | .8 (not published) |
| `sql` | 1 where the query gives what the gold query gives | .5 |
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from duologue.corpora.actions import ANSWER, references
from duologue.corpora.clarification_points import GoalType, Instance
from duologue.corpora.goal_tolerance import TOLERANCES
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.errors import InputError
from duologue.measures.drop_f1 import best_f1
from duologue.measures.embeddings import MINILM, Embedder
from duologue.measures.sql_execution import Limits, execution_match


class Heuristics:
    """Scores answers by the goal type of their conversations."""

    def __init__(
        self, databases: SpiderDatabases | None = None, *, embedding: str = MINILM, limits: Limits | None = None
    ) -> None:
        """Nothing is loaded before the first answer that needs it.

        Args:
            databases: where queries run.
            embedding: `minilm`, or a sentence-transformers model.
            limits: of queries.
        """
        self._databases = databases
        self._embedding = embedding
        self._limits = limits

    def score(self, answer: str, instance: Instance) -> float:
        """How near an answer comes to the goal, 0 to 1.

        Raises:
            UnusableGold: the goal of a query does not run.
            InputError: the conversation does not say how answers are compared, or its database is not there.
        """
        return self._best(answer, instance.references, instance)

    def turn(self, reply: str, instance: Instance) -> float | None:
        """How near a reply comes to the gold turn; None where the gold turn of a query is a question.

        Raises:
            UnusableGold, InputError: see `score`.
        """
        if instance.goal_type == "sql" and instance.action != ANSWER:
            return None
        return self._best(reply, references(instance.gold), instance)

    def _best(self, answer: str, accepted: Sequence[str], instance: Instance) -> float:
        if not answer.strip():
            return 0.0
        kind = self._type(instance)
        if kind == "drop":
            return best_f1(answer, accepted)
        if kind == "similarity":
            near = self._embedder.similarity([answer] * len(accepted), list(accepted))
            return min(1.0, max(0.0, float(near.max())))
        place = self._database(instance)
        return float(any(execution_match(answer, gold, place, self._limits).matches for gold in accepted))

    def _type(self, instance: Instance) -> GoalType:
        if instance.goal_type is None:
            raise InputError(
                "it does not say how answers are compared with the goal",
                where=f"dialogue {instance.dialogue.id}, facts, goal_type",
                mend=f"give it one of {', '.join(TOLERANCES)}",
            )
        return instance.goal_type

    def _database(self, instance: Instance) -> Path:
        name = instance.dialogue.grounding.database if instance.dialogue.grounding else None
        where = f"dialogue {instance.dialogue.id}, grounding, database"
        if name is None:
            raise InputError("a goal in SQL without a database", where=where, mend="name the database")
        if self._databases is None:
            raise InputError("queries need their databases", where=where, mend="give their folder: --databases DIR")
        if not self._databases.has(name):
            raise InputError(
                f"there is no database '{name}'", where=where, mend=f"put it at {self._databases.file(name)}"
            )
        return self._databases.file(name)

    @cached_property
    def _embedder(self) -> Embedder:
        return Embedder(self._embedding)
