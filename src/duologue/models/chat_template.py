"""Chat messages as a model's own template renders them, whether or not it knows a system role.

    render_chat([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}], tokenizer)

Some templates refuse a system message (Gemma 2's raises) or drop it without a word. What it says is then put in front
of the first user message, for training and inference alike, since both come through here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from duologue.errors import InputError

_PROBE = "Answer in one word."


def render_chat(messages: Sequence[dict[str, Any]], tokenizer: Any, *, add_generation_prompt: bool = False) -> str:
    """The text of messages, up to where the assistant begins to speak with `add_generation_prompt`.

    Raises:
        InputError: the template refuses these messages (one that wants the user to begin, say).
    """
    fitted = fold_instruction(messages, tokenizer)
    try:
        text = tokenizer.apply_chat_template(fitted, tokenize=False, add_generation_prompt=add_generation_prompt)
    except TemplateError as error:
        roles = ", ".join(str(message.get("role")) for message in fitted[:4])
        raise InputError(
            f"it refuses messages of {roles or 'nobody'} ({str(error).strip().splitlines()[0]})",
            where="the chat template",
            mend="mend the roles of the data, or use another model",
        ) from error
    return str(text)


def fold_instruction(messages: Sequence[dict[str, Any]], tokenizer: Any) -> list[dict[str, Any]]:
    """The messages as this template takes them: a system message it has no role for opens the first user message."""
    roles = [message.get("role") for message in messages[:2]]
    if roles != ["system", "user"] or _knows_system_role(tokenizer):
        return list(messages)
    instruction, first, *rest = messages
    return [{**first, "content": f"{instruction['content']}\n\n{first['content']}"}, *rest]


def _knows_system_role(tokenizer: Any) -> bool:
    """Whether an instruction comes out of the template."""
    probe = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "Hi"}]
    try:
        return _PROBE in tokenizer.apply_chat_template(probe, tokenize=False)
    except TemplateError:
        return False
