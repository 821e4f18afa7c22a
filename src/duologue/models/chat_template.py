"""Chat messages through a tokenizer's own template, in the one way that suits both the template and the messages.

    template = fit_template(messages, tokenizer)
    template.render(messages)                    # the conversation as text
    template.render(messages[:1], prompt=True)   # what a model is given to answer the first message

Templates differ in what they take: Gemma 2 has no system role, templates of vision models want a message as a list of
parts and otherwise render it empty without a word. Nothing is lost silently here: what a template does not render is
an error. And what a model is trained on is what it is asked with: an instruction that a template moves when an answer
follows (Mistral's later ones) is written before the first user message for both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from duologue.errors import InputError

GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")
"""The tag by which a template says what the assistant writes."""

_REASONING = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_PARTS = "[{'type': 'text'"
"""How a template that wants plain text writes a list of parts."""
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
_ANSWER = {"role": "assistant", "content": "Yes."}


class Marked(NamedTuple):
    """A conversation as text, and the characters (start, end exclusive) between `{% generation %}` tags."""

    text: str
    spans: list[tuple[int, int]]


@dataclass(frozen=True)
class ChatTemplate:
    """A tokenizer's template and how it wants its messages.

    Attributes:
        tokenizer: a transformers tokenizer.
        source: the template's Jinja text.
        parts: texts are given as lists of parts, `[{"type": "text", "text": …}]`.
        folded: the instruction is written before the first user message, for there is no system role that stays put.
        thinking: what a template that can switch reasoning on and off is told (`enable_thinking`); None tells nothing.
    """

    tokenizer: Any
    source: str
    parts: bool = False
    folded: bool = False
    thinking: bool | None = None

    def render(self, messages: Sequence[Mapping[str, Any]], *, prompt: bool = False) -> str:
        """The messages as text; with `prompt`, up to where the assistant's answer begins.

        Raises:
            jinja2.TemplateError: the template does not take these messages.
        """
        return str(
            self.tokenizer.apply_chat_template(
                self._adapted(messages),
                tokenize=False,
                add_generation_prompt=prompt,
                chat_template=self.source,
                **self._switches,
            )
        )

    def marked(self, messages: Sequence[Mapping[str, Any]]) -> Marked:
        """The messages as text with what the template's `{% generation %}` tags enclose."""
        from transformers.utils.chat_template_utils import render_jinja_template

        texts, spans = render_jinja_template(
            [self._adapted(messages)],
            chat_template=self.source,
            return_assistant_tokens_mask=True,
            **{**self.tokenizer.special_tokens_map, **self._switches},
        )
        return Marked(texts[0], [(start, end) for start, end in spans[0]])

    @property
    def _switches(self) -> dict[str, bool]:
        return {} if self.thinking is None else {"enable_thinking": self.thinking}

    def _adapted(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        adapted = [dict(message) for message in messages]
        if self.folded and len(adapted) > 1:
            instruction, first, *others = adapted
            adapted = [{**first, "content": f"{instruction['content']}\n\n{first['content']}"}, *others]
        if self.parts:
            for message in adapted:
                if isinstance(message.get("content"), str):
                    message["content"] = [{"type": "text", "text": message["content"]}]
        return adapted


def fit_template(
    messages: Sequence[Mapping[str, Any]], tokenizer: Any, *, thinking: bool | None = None, name: str = ""
) -> ChatTemplate:
    """How the tokenizer's template takes these messages.

    Args:
        messages: `{"role": …, "content": …}` each.
        tokenizer: a transformers tokenizer.
        thinking: see ChatTemplate.
        name: for messages, e.g. `row 3`.

    Raises:
        InputError: there is no template, or it refuses the messages, or leaves one out.
    """
    from jinja2 import TemplateError

    source = _source(tokenizer, name)
    roles = [message.get("role") for message in messages]
    foldings = (False, True) if roles[:2] == ["system", "user"] else (False,)
    told = ""
    for folded in foldings:
        for parts in (False, True):
            template = ChatTemplate(tokenizer, source, parts, folded, thinking)
            try:
                text = template.render(messages)
            except (TemplateError, TypeError) as error:
                told = told or f"refuses the messages ({error})"
                continue
            lost = next((message for message in _must_stand(messages) if not _stands(message, text)), None)
            if lost is not None or _PARTS in text:
                told = told or f"leaves out what the {messages[-1]['role'] if lost is None else lost['role']} says"
            elif folded or len(foldings) == 1 or _stays_put(template, messages):
                return template
            else:
                told = told or "moves the instruction when an answer follows"
    raise InputError(f"the chat template {told}", where=name, mend="mend the messages, or give another template")


def _stays_put(template: ChatTemplate, messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the instruction stands in what a prompt, and the same with an answer, have in common."""
    from jinja2 import TemplateError

    asked = messages[:-1] if messages[-1].get("role") == "assistant" else messages
    answered = [*asked, messages[-1] if len(asked) < len(messages) else _ANSWER]
    try:
        prompt, text = template.render(asked, prompt=True), template.render(answered)
    except (TemplateError, TypeError):
        return True  # it is not asked so, or not answered
    return _stands(messages[0], text[: begins_alike(prompt, text)])


def begins_alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    if other.startswith(one):
        return len(one)
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def brings_reasoning(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an assistant's message has reasoning: in a field of its own, or in the text between `<think>` tags."""
    for message in messages:
        content = message.get("content")
        told = _REASONING.search(content) if isinstance(content, str) else None
        if message.get("role") == "assistant" and (
            any(message.get(field) for field in _REASONING_FIELDS) or (told is not None and told[1].strip())
        ):
            return True
    return False


def _source(tokenizer: Any, name: str) -> str:
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, dict):
        template = template.get("default")
    if not template:
        raise InputError("the model's tokenizer has no chat template", where=name, mend="give a chat model")
    return str(template)


def _must_stand(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The instruction and the last message; what lies between a template may shorten, which is found out later."""
    return [message for message in messages[:1] if message.get("role") == "system"] + [*messages[-1:]]


def _stands(message: Mapping[str, Any], text: str) -> bool:
    """Whether the words of a message stand in the text, its reasoning set aside."""
    content = message.get("content")
    return not isinstance(content, str) or _REASONING.sub("", content).strip() in text
