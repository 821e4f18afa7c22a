"""Where an operator is found by its name: ours, and those that other packages declare.

A package adds one under the entry point group `duologue.operators`:

    [project.entry-points."duologue.operators"]
    shout = "my_package.shout:SHOUT"
"""

from __future__ import annotations

from importlib.metadata import entry_points

from duologue.errors import InputError
from duologue.operators.actions import ACTIONS_OPERATOR
from duologue.operators.ambiguous_sql import AMBIGUOUS_SQL
from duologue.operators.continuation import CONTINUATION
from duologue.operators.contrast import CONTRAST
from duologue.operators.conversation import CONVERSATION
from duologue.operators.grow import GROW
from duologue.operators.interference import INTERFERENCE
from duologue.operators.operator import Operator
from duologue.operators.restyle import RESTYLE
from duologue.operators.simulate import SIMULATE
from duologue.operators.situation import SITUATION

_OURS = (
    SITUATION,
    INTERFERENCE,
    CONVERSATION,
    GROW,
    RESTYLE,
    CONTINUATION,
    AMBIGUOUS_SQL,
    ACTIONS_OPERATOR,
    CONTRAST,
    SIMULATE,
)


def operators() -> dict[str, Operator]:
    """Every operator by name; ours come first.

    Raises:
        InputError: an entry point is no operator.
    """
    found = {operator.name: operator for operator in _OURS}
    for point in entry_points(group="duologue.operators"):
        operator = point.load()
        if not isinstance(operator, Operator):
            raise InputError(
                f"expected an Operator, found {type(operator).__name__}",
                where=f"entry point duologue.operators:{point.name}",
                mend="point it at an Operator",
            )
        found.setdefault(operator.name, operator)
    return found
