"""Gates for a message in another style: does it still say the same?

Names and numbers must stand in it again; its meaning must be near (cosine of MiniLM, or of another model).

    first_failure(meaning_gates("Lunch with Ana at 3?", "lunch w ana at 3??", least=0.5))
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from duologue.measures.embeddings import Embedder
from duologue.measures.kept import changed_numbers, lost_names
from duologue.operators.gates import Verdict, quote


def meaning_gates(before: str, after: str, *, least: float, known: Collection[str] = ()) -> Iterator[Verdict]:
    """What a restyled message must pass.

    Args:
        before: the message.
        after: the same in another style.
        least: least cosine; 0 leaves the comparison out.
        known: names of the conversation, which count at the beginning of a sentence, too.
    """
    lost = lost_names(before, after, known)
    yield Verdict("name-lost", not lost, f"{', '.join(lost)}: not in {quote(after)}")
    numbers = changed_numbers(before, after)
    yield Verdict("number-changed", not numbers, f"{', '.join(numbers)}: in one of {quote(before)} and {quote(after)}")
    if least > 0:
        near = float(_embedder().similarity([before], [after])[0])
        yield Verdict(
            "meaning-changed", near >= least, f"cosine {near:.2f} < {least:g}: {quote(before)}, {quote(after)}"
        )


@cache
def _embedder() -> Embedder:
    return Embedder()
