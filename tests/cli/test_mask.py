"""`duologue mask`: the X-ray in the terminal, as JSON and as a page; what makes it fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import opened
from chat_templates import MARKED, UNSTOPPED

from duologue.cli.main import run
from duologue.dialogue import Dialogue, Turn, write

pytest.importorskip("torch")
pytest.importorskip("transformers")

EMPTY_THOUGHT = MARKED.replace("{% generation %}", "{% generation %}<think>\n\n</think>\n\n")
UNMARKED_ANSWER = MARKED.replace("{% generation %}", "{% generation %}{% endgeneration %}").replace(
    "<|im_end|>{% endgeneration %}", "<|im_end|>"
)
LONG_TALK = Dialogue(
    "stay",
    [Turn("user" if index % 2 == 0 else "system", f"Line {index}: north or south?") for index in range(8)],
    instruction="You let rooms.",
)


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(each) for each in arguments])
    assert isinstance(left.value.code, int)
    return left.value.code


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Makes a model's folder (tokenizer only) with a chat template."""
    from random_llama import make_random_llama
    from transformers import AutoTokenizer

    special = ["<|im_start|>", "<|im_end|>"]
    folder = make_random_llama(tmp_path_factory.mktemp("llama"), hidden=32, special=special)

    def with_template(template: str) -> str:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        tokenizer.chat_template = template
        out = tmp_path_factory.mktemp("templated")
        tokenizer.save_pretrained(out)
        return f"hf:{out}"

    return with_template


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    messages = [
        {"role": "user", "content": "A room?\n\tPlease."},
        {"role": "assistant", "content": "There is one."},
        {"role": "user", "content": "How much?"},
        {"role": "assistant", "content": "Ninety."},
    ]
    path = tmp_path / "chat.jsonl"
    path.write_text((json.dumps({"messages": messages}) + "\n") * 3, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("template", "options", "told"),
    [
        (UNSTOPPED, (), "the end token '<|im_end|>' after token"),
        (UNMARKED_ANSWER, (), "no token is trained"),
        (EMPTY_THOUGHT, (), "an empty thinking block (tokens "),
        (MARKED, ("--loss", "all"), "every token is trained"),
    ],
)
def test_what_is_wrong_is_listed_with_its_row_and_status_1(
    model: Callable[[str], str],
    chat: Path,
    capsys: pytest.CaptureFixture[str],
    template: str,
    options: tuple[str, ...],
    told: str,
) -> None:
    assert command("mask", chat, "--model", model(template), *options) == 1
    error = capsys.readouterr().err.splitlines()
    assert error[0] == "3 problems with the mask:"
    assert f"{chat}, row 1: {told}" in error[1]


def test_a_sound_mask_is_status_0(model: Callable[[str], str], chat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("mask", chat, "--model", model(MARKED)) == 0
    shown = capsys.readouterr().out
    assert "3 examples checked, 0 with problems" in shown
    assert shown.count("+ trained") == 2


def test_old_turns_are_shown_as_cut_and_the_loss_is_on_the_response(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "talk.jsonl", [LONG_TALK])
    out = tmp_path / "mask.json"
    options = ("--format", "duologue", "--view", "response", "--max-length", 60, "--show", 4, "--json", out)
    assert command("mask", tmp_path / "talk.jsonl", *options) == 0
    examples: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["examples"]
    assert [each["name"] for each in examples] == [f"dialogue stay, turn {turn}" for turn in (1, 3, 5, 7)]
    assert examples[0]["dropped"] == []
    cut = examples[-1]["dropped"]
    assert cut[:2] == ["user: Line 0: north or south?", "assistant: Line 1: north or south?"]
    texts = ["".join(token["text"] for token in each["tokens"]) for each in examples]
    for each, text in zip(examples, texts, strict=True):
        trained = "".join(token["text"] for token in each["tokens"] if token["trained"])
        assert each["size"] <= 60
        assert trained.endswith("north or south?<|end|>")
        assert trained.count("north") == 1
        assert text.count("let rooms") == 1
    assert f"x cut to fit 60 tokens, {len(cut)} turns" in capsys.readouterr().out


def test_packed_rows_are_the_trainer_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from duologue.training.base_model import load_tokenizer
    from duologue.training.data import row_data
    from duologue.training.examples import to_rows
    from duologue.training.packing import pack

    path, out = tmp_path / "rows.jsonl", tmp_path / "mask.json"
    rows = [{"prompt": "north " * size, "completion": "south"} for size in (3, 9, 4, 40, 2)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert command("mask", path, "--packing", "--max-length", 24, "--show", 2, "--json", out) == 0
    seen = json.loads(out.read_text(encoding="utf-8"))
    made = to_rows(row_data(path)(load_tokenizer("tiny")), loss="completion", max_length=24, what="rows")
    packed = pack(made, 24).columns["position_ids"]
    starts = sorted([place for place, position in enumerate(row) if position == 0] for row in packed)
    assert sorted([segment["start"] for segment in row] for row in seen["rows"]) == starts
    assert sorted(segment["example"] for row in seen["rows"] for segment in row) == [0, 1, 2, 4]
    shown = capsys.readouterr().out
    assert "packed row 1" in shown
    assert "1 are longer still and left out" in shown


def test_the_page_shows_every_token_and_fetches_nothing(
    model: Callable[[str], str], chat: Path, tmp_path: Path
) -> None:
    page_path = tmp_path / "mask.html"
    assert command("mask", chat, "--model", model(UNSTOPPED), "--packing", "--html", page_path) == 1
    with opened(page_path) as page:
        assert page.locator("h1").inner_text().startswith("Mask X-ray: ")
        assert page.locator(".verdict").inner_text().startswith("3 problems")
        assert page.locator("#e1 .tokens").text_content() != ""
        tokens = page.locator("#e1 .tokens i")
        trained = page.locator("#e1 .tokens i.y").all_text_contents()
        assert "".join(trained) == "There·is·one.Ninety."
        written = "".join(tokens.all_text_contents())
        assert written.startswith("<|im_start|>user⏎A·room?⏎⇥Please.<|im_end|>")
        assert page.locator("#e1 .tokens i.s").first.inner_text() == "<|im_start|>"
        tokens.first.hover()
        hint = tokens.first.evaluate("each => getComputedStyle(each, '::after').content")
        assert hint == '"id 2, token 0, not trained"'
        assert page.locator(".row a").count() == 3
        page.locator("summary").first.click()
        last = page.locator("details .tokens").first.locator("i").last.get_attribute("data-t") or ""
        position = int(last.split("position id ")[1].split(",")[0])
        assert position == tokens.count() - 1
        assert int(last.split("token ")[1].split(" ")[0]) == 3 * tokens.count() - 1


def test_impossible_options_are_one_line(chat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("mask", chat, "--view", "response") == 2
    assert command("mask", chat, "--max-length", 2) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 2
    assert "--view response needs dialogues" in error[0]
    assert "max_length" in error[1]
