"""One message of a conversation out of a model's answer, and the gates that it must pass.

Models like to write the name before it, quotes around it, and the other side's next message after it: the first is cut
off, the second too, and so is what the other side is made to say.

    read_message(answer, speaker="user", names={"user": "User", "system": "SocBot"}, earlier=turns, limit=280)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from duologue.corpora.conversation_text import parse_conversation
from duologue.corpora.conversation_text.speakers import aliases
from duologue.dialogue import Speaker, Turn
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.prompts.ask import Answer


def one_message(text: str, speaker: Speaker, names: Mapping[str, str]) -> str:
    """The first message in a text, without the speaker's name; empty where another speaker begins."""
    parsed = parse_conversation(text, speakers=aliases(names))
    if parsed.preamble.strip() or not parsed.turns:  # it begins with words, not with a name
        parsed = parse_conversation(f"{names[speaker]}: {text.strip()}", speakers=aliases(names))
    first = parsed.turns[0] if parsed.turns else None
    return "" if first is None or first.speaker != speaker else " ".join(first.text.split())


def read_message(
    answer: Answer, *, speaker: Speaker, names: Mapping[str, str], earlier: Sequence[Turn]
) -> str | Verdict:
    """Take a message out of an answer.

    Returns:
        The message, or the first gate that it failed.
    """
    text = one_message(answer.text, speaker, names)
    return first_failure([whole(answer), *gates(text, earlier)]) or text


def gates(text: str, earlier: Sequence[Turn]) -> Iterator[Verdict]:
    """What a message must pass: it has words, does not go round in circles, and was not said before."""
    yield not_empty("message", text)
    yield no_loop("message", text)
    said = {_bare(turn.said) for turn in earlier}
    yield Verdict("message-repeated", _bare(text) not in said, f"said before: {quote(text)}")


def _bare(text: str) -> str:
    return " ".join(text.lower().split())
