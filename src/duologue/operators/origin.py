"""What the engine signs: the id and the origin of everything an operator makes (lineage, DESIGN §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from duologue.dialogue import Dialogue, Origin, derived_id
from duologue.models.desk import ModelDesk
from duologue.operators.items import WorkItem
from duologue.operators.operator import Operator, OperatorOptions


class Maker(NamedTuple):
    """Who makes: operator, options and models."""

    operator: str
    options: str
    model: str

    @classmethod
    def of(cls, operator: Operator, options: OperatorOptions, seed: int, desk: ModelDesk) -> Maker:
        """The maker in a run; several roles' models are joined by commas, equal ones named once."""
        models = dict.fromkeys(desk.models[role].fingerprint for role in operator.roles if role in desk.models)
        return cls(operator.name, operator.options_hash(options, seed), ",".join(models))

    def sign(self, made: Dialogue, item: WorkItem, requests: Sequence[str], *, draw: int) -> Dialogue:
        """Give a made dialogue, which still has its parent's id, an id and an origin of its own.

        Args:
            made: what the operator yielded.
            item: what it was made from.
            requests: keys of the replies it was made from.
            draw: which of the item's results it is, from 0.
        """
        origin = Origin(self.operator, self.options, self.model, list(requests), draw, parent=made.id)
        return replace(made, id=derived_id(made.id, *self, draw, item.fields), origin=origin)
