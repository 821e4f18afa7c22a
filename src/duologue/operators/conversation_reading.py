"""The strict outcome for an operator: the turns of an answer, or the gate that it failed with its raw text.

    outcome = read_conversation(answer, speakers=SPEAKERS, least=6, seed=message)
    if isinstance(outcome, Verdict): …    # outcome.gate, outcome.evidence

Gates, in this order: `unparsed` (no label of either side), `seed-repeated-only`, `unknown-speaker`, `one-sided`,
`too-few-turns`, `wrong-opening` (only where an opening speaker is asked for), `loop`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from duologue.corpora.conversation_text.parse import parse_conversation
from duologue.corpora.conversation_text.parsed import ParsedConversation, ParsedTurn
from duologue.dialogue import Speaker
from duologue.operators.gates import Verdict, first_failure, no_loop, quote
from duologue.prompts.ask import Answer

_REPEATED_WORDS = 5
_STRETCH = 1000


def read_conversation(
    answer: Answer,
    *,
    speakers: Mapping[str, Speaker],
    least: int,
    seed: str | None = None,
    opens: Speaker | None = None,
) -> list[ParsedTurn] | Verdict:
    """Read the conversation out of a model's answer, or say why it cannot be used.

    The last turn of an answer that was cut by its length is left out when the cut fell inside a sentence.

    Args:
        answer: what the model wrote.
        speakers: names and aliases -> `user` or `system`.
        least: fewest turns.
        seed: the message that the conversation grew from; repeating it is no turn.
        opens: who must speak first, where it matters.

    Returns:
        The turns, which alternate; or the first failed gate, whose evidence ends with the whole answer as a Python
        string literal (`… in the answer '…'`).
    """
    cut = answer.finish_reason == "length"
    parsed = parse_conversation(answer.text, speakers=speakers, truncated=cut, seed=seed)
    turns = parsed.turns[:-1] if parsed.flags.unfinished else parsed.turns
    failure = first_failure(_gates(parsed, turns, least, opens))
    if failure is None:
        return turns
    return failure._replace(evidence=f"{failure.evidence} in the answer {answer.text!r}")


def _gates(
    parsed: ParsedConversation, turns: Sequence[ParsedTurn], least: int, opens: Speaker | None
) -> Iterator[Verdict]:
    flags = parsed.flags
    yield Verdict("unparsed", bool(parsed.turns) or flags.repeats_seed or flags.empty > 0, _no_label(parsed))
    yield Verdict("seed-repeated-only", bool(parsed.turns) or not flags.repeats_seed, "nothing but the seed message")
    yield Verdict("unknown-speaker", not flags.unknown_speaker, f"messages by {', '.join(flags.unknown_speaker)}")
    sides = {turn.speaker for turn in turns}
    yield Verdict("one-sided", least < 2 or len(sides) != 1, f"only the {'/'.join(sides)} speaks")
    yield Verdict("too-few-turns", len(turns) >= least, f"{len(turns)} of at least {least} turns")
    first = turns[0].speaker if turns else None
    yield Verdict("wrong-opening", opens is None or first == opens, f"the {first} speaks first, not the {opens}")
    yield _no_message_twice(turns)
    for turn in turns:
        yield from _no_words_in_circles(turn.text)


def _no_label(parsed: ParsedConversation) -> str:
    others = ", ".join(parsed.flags.unknown_speaker)
    return "no line begins with a speaker's name" + (f" (but with {quote(others)})" if others else "")


def _no_message_twice(turns: Sequence[ParsedTurn]) -> Verdict:
    """No message of five or more words is said twice, case and punctuation aside."""
    seen: dict[str, int] = {}
    for index, turn in enumerate(turns):
        words = re.findall(r"\w+", turn.text.casefold())
        first = seen.setdefault(" ".join(words), index)
        if len(words) >= _REPEATED_WORDS and first != index:
            return Verdict("loop", False, f"turns {first} and {index} both say {quote(turn.text)}")
    return Verdict("loop", True)


def _no_words_in_circles(message: str) -> Iterator[Verdict]:
    """`no_loop` over stretches that overlap by half: its work grows with the square of the length."""
    for start in range(0, max(1, len(message) - _STRETCH // 2), _STRETCH // 2):
        yield no_loop("message", message[start : start + _STRETCH])._replace(gate="loop")
