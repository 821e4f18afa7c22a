"""A model that was trained on answers without reasoning is asked for answers without reasoning.

Templates of models that reason ask for reasoning unless they are told `enable_thinking=False`, which few callers say.
The template that is saved with a trained model says it by itself, so that the model is asked as it was trained,
by whatever server; a caller can still ask otherwise.

    settle_thinking(tokenizer, rows)
    tokenizer.save_pretrained(folder)
"""

from __future__ import annotations

from typing import Any

from duologue.training.examples import IGNORED, Rows

_SETTLED = "{%- if enable_thinking is not defined %}{% set enable_thinking = false %}{% endif -%}"


def settle_thinking(tokenizer: Any, rows: Rows) -> None:
    """Switch reasoning off in the tokenizer's template, where it has such a switch and no row trains reasoning."""
    template = tokenizer.chat_template
    if not isinstance(template, str) or "enable_thinking" not in template or template.startswith(_SETTLED):
        return
    for row in rows.columns["labels"]:
        if "</think>" in tokenizer.decode([label for label in row if label != IGNORED]):
            return
    tokenizer.chat_template = _SETTLED + template
