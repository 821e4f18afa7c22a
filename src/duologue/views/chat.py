"""Chat messages as token ids with a mask on what the assistant says, for any model's own template.

Where the template carries `{% generation %}`, that says which tokens are the assistant's. Where it does not, each
assistant message is what a rendering gains when the message is added; a template that rewrites earlier turns (drops
their reasoning, say) has no such difference, and is refused rather than masked wrongly.

    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    tokenise_messages(messages, tokenizer).trained
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.models.chat_template import fold_instruction, render_chat
from duologue.views.tokens import Tokens

_GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")


class _Said(NamedTuple):
    """Where an assistant message stands in the rendered text: characters start to end, exclusive."""

    start: int
    end: int


def tokenise_messages(messages: Sequence[dict[str, Any]], tokenizer: Any, *, name: str = "") -> Tokens:
    """Render messages with the tokenizer's template; the mask marks every assistant message, its end token included.

    Args:
        messages: `{"role": …, "content": …}`, at least one of them the assistant's.
        tokenizer: a transformers tokenizer with a chat template.
        name: for messages, e.g. `line 3`.

    Raises:
        InputError: there is no template, no assistant message, or the template rewrites earlier turns.
    """
    template = _template(tokenizer, name)
    if not any(message.get("role") == "assistant" for message in messages):
        raise InputError("no assistant message, so nothing to train on", where=name, mend="mend or drop the line")
    if _GENERATION.search(template):
        made = tokenizer.apply_chat_template(
            fold_instruction(messages, tokenizer),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        return Tokens(list(made["input_ids"]), [bool(each) for each in made["assistant_masks"]], name)
    said, text = _prefix_differences(messages, tokenizer, name)
    made = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    trained = [
        any(part.start <= start and end <= part.end for part in said) and end > start
        for start, end in made["offset_mapping"]
    ]
    return Tokens(list(made["input_ids"]), trained, name)


def _prefix_differences(messages: Sequence[dict[str, Any]], tokenizer: Any, name: str) -> tuple[list[_Said], str]:
    whole = render_chat(messages, tokenizer)
    said = []
    for index, message in enumerate(messages):
        if message.get("role") != "assistant":
            continue
        before = render_chat(messages[:index], tokenizer, add_generation_prompt=True)
        after = render_chat(messages[: index + 1], tokenizer)
        if not (after.startswith(before) and whole.startswith(after)):
            raise InputError(
                f"the chat template rewrites earlier turns (seen at message {index}), so its mask cannot be told",
                where=name,
                mend="use a template with {% generation %}, or one example per assistant turn",
            )
        # What follows the end token (a line break, usually) belongs to the template, not to the answer.
        said.append(_Said(len(before), len(after.rstrip())))
    return said, whole


def _template(tokenizer: Any, name: str) -> str:
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, dict):
        template = template.get("default")
    if not template:
        raise InputError("the model's tokenizer has no chat template", where=name, mend="give a chat model")
    return str(template)
