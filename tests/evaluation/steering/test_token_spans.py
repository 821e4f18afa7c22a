"""Parts of prompts as tokens, counted by hand, where the strategy's name stands in the history as well."""

from __future__ import annotations

from typing import Any

import pytest
from family_templates import FAMILIES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast
from trl_templates import tokenizer_for

from duologue.corpora.strategies import Strategy
from duologue.dialogue import Turn
from duologue.evaluation.steering.token_offsets import with_offsets
from duologue.evaluation.steering.token_spans import locate
from duologue.models.request import Message
from duologue.prompts.steering import LAYOUTS, PromptSpan, steered_prompt

MARKS = [
    "<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>", "<end_of_turn>",
]  # fmt: skip
TOLD = 'Use "Offer Hope" now.'
HISTORY = ["You said Offer Hope.", 'Yes, "Offer Hope" it is.', 'Use "Offer Hope" now.']
MESSAGES = [
    Message("system", TOLD), Message("user", HISTORY[0]), Message("assistant", HISTORY[1]), Message("user", HISTORY[2]),
]  # fmt: skip
SPANS = [
    PromptSpan("strategy_name", 0, 4, 16),
    PromptSpan("instruction", 0, 0, len(TOLD)),
    PromptSpan("turn:1", 2, 0, len(HISTORY[1])),
    PromptSpan("last_user_turn", 3, 0, len(HISTORY[2])),
]
# Words, punctuation and marks are a token each: `Use " Offer Hope " now .` has seven, of which 2 to 5 are the name.
COUNTED = {
    # <s> [INST] <<SYS>> | Use " Offer Hope " now . | <</SYS>> You said Offer Hope . [/INST] | Yes , " Offer Hope " it
    # is . | </s> <s> [INST] | Use " Offer Hope " now . | [/INST]
    "llama-2": {"strategy_name": (4, 8), "instruction": (3, 10), "turn:1": (17, 26), "last_user_turn": (29, 36)},
    # <|begin_of_text|> <h> system </h> | Use … . | <|eot_id|> <h> user </h> You said Offer Hope . <|eot_id|> <h>
    # assistant </h> | Yes … . | <|eot_id|> <h> user </h> | Use … .
    "llama-3": {"strategy_name": (5, 9), "instruction": (4, 11), "turn:1": (24, 33), "last_user_turn": (37, 44)},
    # <s> [INST] | Use … . | You said Offer Hope . [/INST] | Yes … . | </s> [INST] | Use … .
    "mistral": {"strategy_name": (3, 7), "instruction": (2, 9), "turn:1": (15, 24), "last_user_turn": (26, 33)},
    # <s> [INST] You said Offer Hope . [/INST] | Yes … . | </s> [INST] | Use … . | Use … .
    "mistral-late": {
        "strategy_name": (20, 24), "instruction": (19, 26), "turn:1": (8, 17), "last_user_turn": (26, 33),
    },
    # <|im_start|> system | Use … . | <|im_end|> <|im_start|> user You said Offer Hope . <|im_end|> <|im_start|>
    # assistant | Yes … . | <|im_end|> <|im_start|> user | Use … .
    "qwen": {"strategy_name": (3, 7), "instruction": (2, 9), "turn:1": (20, 29), "last_user_turn": (32, 39)},
    # <bos> <start_of_turn> user | Use … . | You said Offer Hope . <end_of_turn> <start_of_turn> model | Yes … . |
    # <end_of_turn> <start_of_turn> user | Use … .
    "gemma": {"strategy_name": (4, 8), "instruction": (3, 10), "turn:1": (18, 27), "last_user_turn": (30, 37)},
}  # fmt: skip


def words(template: str) -> Any:
    """A tokenizer for which a word, a run of punctuation and a mark are a token each."""
    raw = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.decoder = decoders.Fuse()
    raw.add_special_tokens(MARKS)
    return PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="?", chat_template=template)


@pytest.mark.parametrize("family", FAMILIES)
def test_parts_are_where_a_person_counts_them(family: str) -> None:
    found = locate(MESSAGES, SPANS, words(FAMILIES[family]))
    assert {name: part.tokens for name, part in found.parts.items()} == {
        name: [place] for name, place in COUNTED[family].items()
    }
    assert all(not part.reason for part in found.parts.values())
    shown = [found.tokenised.text[start:end] for start, end in found.tokenised.offsets]
    ((start, end),) = found.parts["strategy_name"].tokens
    assert shown[start:end] == ['"', "Offer", "Hope", '"']


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_parts_of_steered_prompts_in_bytes(family: str, layout: Any) -> None:
    """With a token a byte the tokens are the characters, whatever the template does."""
    strategy = Strategy("Offer Hope", "Say that it gets better.", ("It will.",))
    turns = [Turn("user" if n % 2 == 0 else "system", f'Offer Hope, "Offer Hope", {n}.') for n in range(7)]
    prompt = steered_prompt(turns, strategy, layout)
    found = locate(prompt.messages, prompt.spans, tokenizer_for(FAMILIES[family]))
    said = found.tokenised.text.encode()
    shown = [found.tokenised.text[start:end] for start, end in found.tokenised.offsets]
    for name in ("strategy_name", "strategy_description", "instruction", "last_user_turn", "turn:3"):
        part = found.parts[name]
        assert part.coverage == 1.0
        assert ["".join(shown[start:end]) for start, end in part.tokens] == prompt.parts(name)
    assert said.count(b'"Offer Hope"') == 8
    history = "".join("".join(shown[start:end]) for start, end in found.parts["history"].tokens)
    assert len(history) == sum(map(len, prompt.parts("history")))
    assert all(piece in history for piece in prompt.parts("history"))


def test_the_characters_of_a_part_that_no_token_has_are_told() -> None:
    """The space inside of the name belongs to no word."""
    found = locate(MESSAGES, SPANS, words(FAMILIES["qwen"]))
    assert found.parts["strategy_name"].coverage == pytest.approx(11 / 12)


def test_a_template_that_changes_a_part_gives_a_reason() -> None:
    cut = "message.content[:9] if message.role == 'assistant' else message.content"
    lost = locate(MESSAGES, SPANS, tokenizer_for(FAMILIES["qwen"].replace("message.content", f"({cut})")))
    assert lost.parts["turn:1"].tokens == []
    assert lost.parts["turn:1"].reason == "the chat template changes the part, whose words stand 0 times"
    # The name stands in the message after next as well, so its place cannot be told for sure.
    assert lost.parts["strategy_name"].reason == "the chat template changes the part, whose words stand 2 times"
    assert lost.parts["instruction"].reason


def test_without_a_tokenizers_offsets() -> None:
    """ByT5's tokenizer says no offsets, and takes several tokens for a character."""
    tokenizer = ByT5Tokenizer(extra_ids=0)
    tokenizer.chat_template = FAMILIES["qwen"]
    text = "Größe 👍 ok"
    made = with_offsets(text, tokenizer)
    assert made.text == text
    assert len(made.ids) == len(text.encode()) > len(text)
    assert [text[start:end] for start, end in made.offsets[:4]] == ["G", "r", "ö", "ö"]
    found = locate(MESSAGES, SPANS, tokenizer)
    ((start, end),) = found.parts["strategy_name"].tokens
    assert bytes(token - 3 for token in found.tokenised.ids[start:end]) == b'"Offer Hope"'
    assert found.tokenised.text[:start].count("Offer Hope") == 0


class Lossy(ByT5Tokenizer):
    """A tokenizer that does not give back what it was given."""

    def decode(self, ids: Any, **options: Any) -> str:
        return super().decode(ids, **options).lower()


def test_without_offsets_or_a_way_back_the_same_mention_is_found() -> None:
    tokenizer = Lossy(extra_ids=0)
    tokenizer.chat_template = FAMILIES["qwen"]
    found = locate(MESSAGES, SPANS, tokenizer)
    text = bytes(token - 3 for token in found.tokenised.ids).decode()
    for span in SPANS:
        ((start, end),) = found.parts[span.name].tokens
        assert text[start:end] == MESSAGES[span.message].content[span.start : span.end]
    assert found.parts["strategy_name"].tokens[0][0] == text.index('"Offer Hope"')
    assert found.parts["last_user_turn"].tokens[0][0] == text.rindex("Use ")


def test_an_empty_part_has_a_reason() -> None:
    found = locate(MESSAGES, [PromptSpan("strategy_name", 0, 3, 4)], tokenizer_for(FAMILIES["qwen"]))
    assert found.parts["strategy_name"].reason == "the part is empty"
