"""Training data: dialogues through the view, cut from their oldest turns, and rows of text or messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.dialogue import Act, Dialogue, Insertion, Span, Turn
from duologue.errors import InputError
from duologue.training import SFTOptions
from duologue.training.base_model import load_base
from duologue.training.data import row_data, simpletod_data
from duologue.training.special_tokens import add_tokens
from duologue.views.simpletod import special_tokens


@pytest.fixture(scope="module")
def tokenizer(tied_llama: Path) -> Any:
    found = load_base(f"hf:{tied_llama}").tokenizer
    add_tokens(found, special_tokens())
    return found


def dialogue() -> Dialogue:
    turns = []
    for number in range(4):
        user = Turn("user", f"I need hotel number {number} in the north", state={"hotel": {"area": ["north"]}})
        text = f"Oak Lodge is number {number}."
        system = Turn(
            "system", text, acts=[Act("hotel", "inform", "name", "Oak Lodge")], spans=[Span("name", "Oak Lodge", 0, 9)]
        )
        turns += [user, system]
    turns[2].insertions = [Insertion("backstory", "My sister turns thirty.", "after")]
    turns[3].insertions = [Insertion("reaction", "Happy birthday to her!", "before")]
    return Dialogue("d1", turns)


def texts(tokenizer: Any, examples: Any) -> list[tuple[str, str]]:
    found = []
    for each in examples:
        start = each.trained.index(True)
        assert each.trained == [False] * start + [True] * (len(each.ids) - start)
        found.append((tokenizer.decode(each.ids[:start]), tokenizer.decode(each.ids[start:])))
    return found


def test_one_example_a_system_turn_trained_on_what_follows_the_context(tokenizer: Any) -> None:
    examples = list(simpletod_data(lambda: [dialogue()], "interference", SFTOptions())(tokenizer))
    assert [each.name for each in examples] == [f"dialogue d1, turn {turn}" for turn in (1, 3, 5, 7)]
    prompt, completion = texts(tokenizer, examples)[1]
    assert "in the north My sister turns thirty." in prompt
    assert completion.startswith("<|belief|> hotel area north <|endofbelief|>")
    assert "Happy birthday to her! [name] is number 1." in completion
    assert completion.endswith(tokenizer.eos_token)


def test_the_clean_rendering_leaves_insertions_out(tokenizer: Any) -> None:
    every = texts(tokenizer, simpletod_data(lambda: [dialogue()], "simpletod", SFTOptions())(tokenizer))
    assert not any("sister" in part or "birthday" in part for pair in every for part in pair)


def test_plain_markers_need_no_special_token(tied_llama: Path) -> None:
    bare = load_base(f"hf:{tied_llama}").tokenizer
    size = len(bare)
    every = texts(bare, simpletod_data(lambda: [dialogue()], "simpletod", SFTOptions(markers="plain"))(bare))
    assert "<belief>" in every[0][1]
    assert len(bare) == size


def test_long_histories_lose_their_oldest_turns_whole(tokenizer: Any) -> None:
    whole = list(simpletod_data(lambda: [dialogue()], "simpletod", SFTOptions())(tokenizer))
    limit = len(whole[-1].ids) - 1
    cut = list(simpletod_data(lambda: [dialogue()], "simpletod", SFTOptions(max_length=limit))(tokenizer))
    assert all(len(each.ids) <= limit for each in cut)
    assert cut[0] == whole[0]
    (before, after), (was, completion) = texts(tokenizer, cut)[-1], texts(tokenizer, whole)[-1]
    assert after == completion
    assert "number 0 in" not in before
    assert before.endswith(was[was.index("<|user|> I need hotel number 3") :])
    assert before.startswith("<|context|> <|")


def test_messages_go_through_the_chat_template(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}))
    with pytest.raises(InputError, match=r"chat\.jsonl, row 1: the model's tokenizer has no chat template"):
        list(row_data(path)(tokenizer))
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|end|>"
        "{% endgeneration %}{% else %}{{ m.content }}\n{% endif %}{% endfor %}"
    )
    (example,) = row_data(path)(tokenizer)
    answer = [token for token, trained in zip(example.ids, example.trained, strict=True) if trained]
    assert tokenizer.decode(answer).strip() == "b<|end|>"
