"""Chat messages as token ids with a mask on what the assistant says, for any model's own template.

Where the template carries `{% generation %}`, that says which tokens are the assistant's. Where it does not, each
assistant message is what a rendering gains when the message is added; a template that rewrites earlier turns (drops
their reasoning, say) has no such difference, and is refused rather than masked wrongly. Either way, what a model is
given when it is asked (a role's header, an empty thinking block) is not trained, and the end of the turn is the last
token that is. Where the messages bring no reasoning, a template that can switch it off does: it then renders an answer
just as it asks for one.

    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    tokenise_messages(messages, tokenizer).trained      # every assistant message
    tokenise_answer(messages, tokenizer).trained        # the last one only
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.models.chat_template import GENERATION, ChatTemplate, begins_alike, brings_reasoning, fit_template
from duologue.views.tokens import Tokens, end_tokens

Messages = Sequence[Mapping[str, Any]]
"""`{"role": …, "content": …}` each, and whatever else the template knows."""


class _Said(NamedTuple):
    """Where an assistant message stands in the rendered text: characters start to end, exclusive.

    `doubt` tells why it cannot be told from the text, None where it can.
    """

    start: int
    end: int
    doubt: str | None = None


def tokenise_messages(messages: Messages, tokenizer: Any, *, name: str = "") -> Tokens:
    """Render messages with the tokenizer's template; the mask marks every assistant message, its end token included.

    Args:
        messages: at least one of them the assistant's.
        tokenizer: a transformers tokenizer with a chat template.
        name: for messages, e.g. `line 3`.

    Returns:
        The tokens; their `doubt` tells when a model is asked with other tokens than those it is trained on.

    Raises:
        InputError: there is no template, no assistant message, or a template without {% generation %} rewrites earlier
            turns.
    """
    answers = [index for index, message in enumerate(messages) if message.get("role") == "assistant"]
    if not answers:
        raise InputError("no assistant message, so nothing to train on", where=name, mend="mend or drop the line")
    template = fit_template(messages, tokenizer, thinking=brings_reasoning(messages), name=name)
    if GENERATION.search(template.source):
        return _as_tagged(template, messages, answers, name)
    text = template.render(messages)
    said = [_said(template, messages, index, text) for index in answers]
    _refuse_doubts(answers, said, name)
    if answers[-1] == len(messages) - 1:
        text, said[-1] = _closed(text, said[-1], tokenizer)
    return _with_mask(text, said, tokenizer, name)


def tokenise_answer(messages: Messages, tokenizer: Any, *, name: str = "") -> Tokens:
    """Render messages of which the last is the assistant's; the mask marks that one, its end token included.

    The ids begin with exactly those that a model is asked with, so this also suits templates that rewrite earlier
    turns.

    Raises:
        InputError: there is no template, or it asks otherwise than it renders the answer.
    """
    if not messages or messages[-1].get("role") != "assistant":
        raise InputError("the last message is not the assistant's", where=name, mend="end with an answer")
    template = fit_template(messages, tokenizer, thinking=brings_reasoning(messages), name=name)
    text = template.render(messages)
    last = len(messages) - 1
    said = _said(template, messages, last, text)
    _refuse_doubts([last], [said], name)
    text, said = _closed(text, said, tokenizer)
    tokens = _with_mask(text, [said], tokenizer, name)
    asked = list(tokenizer(text[: said.start], add_special_tokens=False)["input_ids"])
    if tokens.ids[: len(asked)] == asked:
        return tokens
    # The tokenizer merges across the boundary, but a model is asked with the prompt alone.
    answer = list(tokenizer(text[said.start : said.end], add_special_tokens=False)["input_ids"])
    return Tokens(asked + answer, [False] * len(asked) + [True] * len(answer), name)


def _refuse_doubts(answers: Sequence[int], said: Sequence[_Said], name: str) -> None:
    for index, each in zip(answers, said, strict=True):
        if each.doubt is not None:
            raise InputError(
                f"the chat template {each.doubt} (seen at message {index}), so its mask cannot be told",
                where=name,
                mend="use a template with {% generation %}, or train one answer at a time: --format messages "
                "--view response",
            )


def _said(template: ChatTemplate, messages: Messages, index: int, text: str) -> _Said:
    """Where message `index` stands in the text of all messages."""
    from jinja2 import TemplateError

    try:
        asked = template.render(messages[:index], prompt=True)
    except (TemplateError, TypeError) as error:
        return _Said(0, 0, f"cannot ask for an answer there ({error})")
    tokenizer = template.tokenizer
    end = _end(text if index == len(messages) - 1 else template.render(messages[: index + 1]), tokenizer)
    start = begins_alike(asked, text)
    if not text.startswith(end):
        return _Said(start, start, "rewrites earlier turns")
    if start < len(asked) or len(end) < start:
        return _Said(start, start, f"asks with {asked[start:]!r}, but does not begin the answer so")
    return _Said(start, len(end) + _next_turns_end(text, len(end), tokenizer))


def _end(text: str, tokenizer: Any) -> str:
    """A conversation up to the end of its last turn: without the line break, and what closes a whole conversation."""
    text = text.rstrip()
    end = tokenizer.eos_token
    head = text.removesuffix(end) if end else text
    # Phi 3: an end-of-turn token, a line break, and only after the very last turn the end of the sequence.
    return head.rstrip() if head != head.rstrip() and _ends_turn(head.rstrip(), tokenizer) else text


def _ends_turn(text: str, tokenizer: Any) -> bool:
    return text.endswith(tuple(end_tokens(tokenizer)))


def _next_turns_end(text: str, place: int, tokenizer: Any) -> int:
    """The length of the token that opens the next turn, where the turn before has no end of its own (GLM).

    A model of that kind stops by writing it.
    """
    if _ends_turn(text[:place], tokenizer):
        return 0
    rest = text[place:]
    return max((len(token) for token in end_tokens(tokenizer) if rest.startswith(token)), default=0)


def _closed(text: str, last: _Said, tokenizer: Any) -> tuple[str, _Said]:
    """The text with the end of the sequence where the last answer has no end of its own."""
    end = str(tokenizer.eos_token or "")
    if _ends_turn(text[: last.end], tokenizer) or not end:
        return text, last
    return text[: last.end] + end, _Said(last.start, last.end + len(end))


def _as_tagged(template: ChatTemplate, messages: Messages, answers: Sequence[int], name: str) -> Tokens:
    """The mask that {% generation %} gives, without what a model is given when it is asked."""
    text, spans = template.marked(messages)
    said = [_said(template, messages, index, text) for index in answers]
    doubt = next((f"the chat template {each.doubt}" for each in said if each.doubt), "")
    kept = []
    for start, end in spans:
        given = max((each.start for each in said if start < each.start <= end), default=start)
        inside = _end(text[:end], template.tokenizer)
        kept.append(_Said(given, len(inside) if _ends_turn(inside, template.tokenizer) else end))
    tokens = _with_mask(text, kept, template.tokenizer, name)
    return tokens._replace(doubt=doubt or tokens.doubt)


def _with_mask(text: str, said: Sequence[_Said], tokenizer: Any, name: str) -> Tokens:
    made = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets = made["offset_mapping"]
    trained = [any(start < part.end and part.start < end for part in said) for start, end in offsets]
    merged = any(start < part.start < end for part in said for start, end in offsets)
    doubt = "the tokenizer merges the beginning of an answer with what stands before it" if merged else ""
    return Tokens(list(made["input_ids"]), trained, name, doubt=doubt)
