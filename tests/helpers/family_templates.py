"""Chat templates in the manner of the well-known families: where the instruction goes, and what they refuse."""

from __future__ import annotations

_ALTERNATE = (
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate, user first') }}{% endif %}{% endfor %}"
)
LLAMA_2 = (
    "{% if messages[0].role == 'system' %}{% set told = '<<SYS>>\n' + messages[0].content + '\n<</SYS>>\n\n' %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}"
    + _ALTERNATE
    + "{% for message in messages %}{% if message.role == 'user' %}"
    "<s>[INST] {{ (told if loop.first else '') + message.content.strip() }} [/INST]"
    "{% else %} {{ message.content.strip() }} </s>{% endif %}{% endfor %}"
)
LLAMA_3 = (
    "{% for message in messages %}{% if loop.first %}<|begin_of_text|>{% endif %}"
    "<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n{{ message.content | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    _ALTERNATE + "<s>{% for message in messages %}{% if message.role == 'user' %}"
    "[INST] {{ message.content }} [/INST]{% else %}{{ message.content }}</s>{% endif %}{% endfor %}"
)
"""Without a system role, as the first releases."""
MISTRAL_LATE = (
    "{% if messages[0].role == 'system' %}{% set told = messages[0].content + '\n\n' %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}"
    + _ALTERNATE
    + "<s>{% for message in messages %}{% if message.role == 'user' %}"
    "[INST] {{ (told if loop.last else '') + message.content }}[/INST]"
    "{% else %} {{ message.content }}</s>{% endif %}{% endfor %}"
)
"""Puts the instruction before the last user turn, as later releases."""
QWEN = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "<bos>{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + _ALTERNATE
    + "{% for message in messages %}<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)

FAMILIES = {
    "llama-2": LLAMA_2,
    "llama-3": LLAMA_3,
    "mistral": MISTRAL,
    "mistral-late": MISTRAL_LATE,
    "qwen": QWEN,
    "gemma": GEMMA,
}
WITHOUT_SYSTEM_ROLE = ("mistral", "mistral-late", "gemma")
"""The instruction is told with the first user message: there is no system role, or one that moves when answered."""
