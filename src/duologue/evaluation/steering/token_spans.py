"""The parts of a prompt as tokens: from characters in messages to characters in the rendered chat to tokens.

    prompt = steered_prompt(history, strategy, "c1_hf", "current")
    found = locate(prompt.messages, prompt.spans, tokenizer)
    found.parts["strategy_name"].tokens          # [(41, 46)]

The name of a strategy may stand in the history too, so nothing is searched for by its words: the messages are rendered
once more with marks at both ends of every part, and where the marks come out there the part is. A token belongs to a
part when it shares a character with it. Where a template or a tokenizer makes that impossible, a part is looked for by
its words or its tokens, and it counts as found only where there can be no doubt; else its reason says why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.evaluation.steering.token_offsets import Tokenised, with_offsets
from duologue.models.chat_template import ChatTemplate, fit_template
from duologue.models.request import Message
from duologue.prompts.steering import PromptSpan

_MARKS = 0xF0000  # a private plane of Unicode, of which no text makes use
_LAST = 0xFFFFD


class TokenPart(NamedTuple):
    """A part of a prompt as tokens.

    Attributes:
        tokens: (start, end exclusive) of each stretch, in order.
        coverage: which share of the part's characters its tokens have, 0 to 1.
        reason: why it was not found, or not found in full; nothing where it was.
    """

    tokens: list[tuple[int, int]]
    coverage: float
    reason: str = ""

    @property
    def size(self) -> int:
        """How many tokens."""
        return sum(end - start for start, end in self.tokens)


class LocatedPrompt(NamedTuple):
    """A prompt as a model reads it, and where its parts are."""

    tokenised: Tokenised
    parts: dict[str, TokenPart]


def locate(
    messages: Sequence[Message], spans: Sequence[PromptSpan], tokenizer: Any, *, name: str = ""
) -> LocatedPrompt:
    """Render messages for an answer, tokenise them and find their parts.

    Args:
        messages: the prompt.
        spans: parts by characters of a message; several of one name are one part.
        tokenizer: with a chat template.
        name: of the prompt, for errors.

    Raises:
        InputError: there is no chat template, or it does not take the messages.
    """
    plain = [{"role": message.role, "content": message.content} for message in messages]
    template = fit_template(plain, tokenizer, name=name)
    text = template.render(plain, prompt=True)
    tokenised = with_offsets(text, tokenizer)
    characters = _by_marks(template, plain, spans, text)
    parts: dict[str, TokenPart] = {}
    for number, span in enumerate(spans):
        words = messages[span.message].content[span.start : span.end].strip()
        found = _located(words, characters.get(number), text, tokenised, tokenizer)
        parts[span.name] = _joined(parts[span.name], found) if span.name in parts else found
    return LocatedPrompt(tokenised, parts)


def _by_marks(
    template: ChatTemplate, messages: Sequence[Mapping[str, str]], spans: Sequence[PromptSpan], text: str
) -> dict[int, tuple[int, int]]:
    """Number of a span -> its characters in the rendered text; empty where marks change what is rendered."""
    from jinja2 import TemplateError

    if any(_MARKS <= ord(character) <= _LAST for character in text) or 2 * len(spans) > _LAST - _MARKS:
        return {}
    marked = [dict(message) for message in messages]
    for number, message in enumerate(marked):
        marked[number]["content"] = _marked(message["content"], number, spans)
    try:
        rendered = template.render(marked, prompt=True)
    except (TemplateError, TypeError, InputError):
        return {}
    clean: list[str] = []
    places: dict[int, list[int]] = {}
    for character in rendered:
        if _MARKS <= ord(character) <= _LAST:
            places.setdefault(ord(character) - _MARKS, []).append(len(clean))
        else:
            clean.append(character)
    if "".join(clean) != text:
        return {}
    found = {number: (places.get(2 * number, []), places.get(2 * number + 1, [])) for number in range(len(spans))}
    return {number: (begun[0], ended[0]) for number, (begun, ended) in found.items() if len(begun) == len(ended) == 1}


def _marked(content: str, message: int, spans: Sequence[PromptSpan]) -> str:
    """A message with a mark at both ends of each part, inside of the spaces around it (templates strip messages)."""
    marks: list[tuple[int, str]] = []
    for number, span in enumerate(spans):
        words = content[span.start : span.end]
        if span.message == message and words.strip():
            marks.append((span.start + len(words) - len(words.lstrip()), chr(_MARKS + 2 * number)))
            marks.append((span.start + len(words.rstrip()), chr(_MARKS + 2 * number + 1)))
    for place, mark in sorted(marks, reverse=True):
        content = content[:place] + mark + content[place:]
    return content


def _located(
    words: str, characters: tuple[int, int] | None, text: str, tokenised: Tokenised, tokenizer: Any
) -> TokenPart:
    if not words:
        return TokenPart([], 0.0, "the part is empty")
    if characters is None:
        if text.count(words) != 1:
            return TokenPart(
                [], 0.0, f"the chat template changes the part, whose words stand {text.count(words)} times"
            )
        characters = (text.index(words), text.index(words) + len(words))
    if tokenised.text != text:
        return _by_tokens(words, characters[0], text, tokenised, tokenizer)
    start, end = characters
    chosen = [begun < end and start < ended and begun < ended for begun, ended in tokenised.offsets]
    covered = {
        place
        for (begun, ended), mine in zip(tokenised.offsets, chosen, strict=True)
        if mine
        for place in range(max(begun, start), min(ended, end))
    }
    reason = "" if any(chosen) else "no token has a character of the part"
    return TokenPart(_stretches(chosen), len(covered) / (end - start), reason)


def _by_tokens(words: str, start: int, text: str, tokenised: Tokenised, tokenizer: Any) -> TokenPart:
    """For tokens that do not decode to the text: the longest run that the part's own tokens and the prompt share."""
    own = list(tokenizer(words, add_special_tokens=False)["input_ids"])
    ids = tokenised.ids
    match = SequenceMatcher(None, ids, own, autojunk=False).find_longest_match()
    run = own[match.b : match.b + match.size]
    if not run:
        return TokenPart([], 0.0, "the tokenizer tells no offsets, and the part's tokens are not in the prompt")
    places = [place for place in range(len(ids) - len(run) + 1) if ids[place : place + len(run)] == run]
    mentions = text.count(words)
    if len(places) not in (1, mentions):
        return TokenPart(
            [], 0.0, f"the tokenizer tells no offsets, and the part's tokens stand at {len(places)} places"
        )
    place = places[0] if len(places) == 1 else places[text.count(words, 0, start + len(words)) - 1]
    return TokenPart([(place, place + len(run))], len(run) / len(own))


def _stretches(chosen: Sequence[bool]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place, mine in enumerate(chosen):
        if mine and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        elif mine:
            found.append((place, place + 1))
    return found


def _joined(one: TokenPart, other: TokenPart) -> TokenPart:
    """Two parts of one name; the coverage is weighed by their tokens."""
    size = one.size + other.size
    places = {place for start, end in (*one.tokens, *other.tokens) for place in range(start, end)}
    last = max(places, default=-1)
    return TokenPart(
        _stretches([place in places for place in range(last + 1)]),
        (one.coverage * one.size + other.coverage * other.size) / size if size else 0.0,
        one.reason or other.reason,
    )
