"""ESConv in its shapes: read alike, written back equal, what is odd told in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import formats
from duologue.corpora.guess import guess
from duologue.dialogue import Dialogue, Problem, Turn, check
from duologue.errors import InputError

ORIGINAL: dict[str, Any] = {
    "experience_type": "Current Experience",
    "emotion_type": "anxiety",
    "problem_type": "job crisis",
    "situation": "My firm is closing.",
    "survey_score": {
        "seeker": {"initial_emotion_intensity": "5", "empathy": "4", "relevance": "4"},
        "supporter": {},
    },
    "seeker_question1": "It was fine.",
    "dialog": [
        {"speaker": "supporter", "annotation": {"strategy": "Others"}, "content": "Hello!"},
        {"speaker": "seeker", "annotation": {}, "content": "Hi,\n"},
        {"speaker": "seeker", "annotation": {"feedback": "5"}, "content": "my  firm is closing.\n"},
        {"speaker": "supporter", "annotation": {"strategy": "Reflection of feelings"}, "content": "You sound lost."},
        {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "When?"},
    ],
}
FAILED: dict[str, Any] = ORIGINAL | {
    "dialog": [
        {"speaker": "speaker", "annotation": {}, "content": "Hey\n"},
        {"speaker": "listener", "annotation": {"strategy": "Questions"}, "content": "How are you?"},
        {"speaker": "listener", "annotation": {"strategy": "Other"}, "content": "hello\n"},
        {"speaker": "speaker", "annotation": {"feedback": "1"}, "content": "Bad."},
        {"speaker": "listener", "annotation": {"strategy": "Direct Guidance"}, "content": "Go out."},
    ]
}
LINES: dict[str, Any] = ORIGINAL | {
    "dialog": [
        {"text": "Hello!", "speaker": "sys", "strategy": "Others"},
        {"text": "Hi, my firm is closing.", "speaker": "usr"},
        {"text": "You sound lost. When?", "speaker": "sys", "strategy": "Question"},
    ]
}
MULTIESC: dict[str, Any] = {
    "emotion_type": "anxiety",
    "problem_type": "job crisis",
    "situation": "My firm is closing.",
    "init_intensity": 5,
    "final_intensity": 2,
    "dialog": [
        {"text": "Hello !", "speaker": "sys", "strategy": "Greeting", "all_strategy": ["Greetings"]},
        {
            "text": "Hi , my firm is closing .",
            "speaker": "usr",
            "vad": [0.1, 0.2, 0.3],
            "cause": "it",
            "feedback": None,
        },
        {
            "text": "You sound lost . When ?",
            "speaker": "sys",
            "strategy": "Question",
            "all_strategy": ["Reflection of feelings", "Question"],
        },
        {"text": "Soon .", "speaker": "usr", "vad": [0.1, 0.2, 0.3], "feedback": "4"},
        {
            "text": "Call them .",
            "speaker": "sys",
            "strategy": "Providing Suggestions or Information",
            "all_strategy": ["Providing Suggestions or Information"],
        },
    ],
}
SHAPES = {"original": ORIGINAL, "failed": FAILED, "lines": LINES, "multiesc": MULTIESC}


def stored(path: Path, *natives: dict[str, Any]) -> Path:
    lines = path.suffix != ".json"
    path.write_text("\n".join(map(json.dumps, natives)) if lines else json.dumps(list(natives), indent=1))
    return path


def one(path: Path, **options: Any) -> Dialogue:
    (dialogue,) = formats.read(path, "esconv", **options)
    return dialogue


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("whitespace", ["kept", "regular"])
@pytest.mark.parametrize("name", ["in.json", "in.txt"])
def test_each_shape_is_written_back_equal(tmp_path: Path, shape: str, whitespace: str, name: str) -> None:
    source = stored(tmp_path / name, SHAPES[shape])
    assert guess(source) == {"esconv"}
    dialogue = one(source, whitespace=whitespace)
    assert list(check(dialogue)) == []
    again = tmp_path / f"again-{name}"
    assert formats.write(again, [dialogue], "esconv") == 1
    written = json.loads(again.read_text())
    assert (written if name == "in.txt" else written[0]) == SHAPES[shape]


def test_what_is_read(tmp_path: Path) -> None:
    dialogue = one(stored(tmp_path / "in.json", ORIGINAL))
    assert dialogue.roles == {"user": "seeker", "system": "supporter"}
    assert [turn.speaker for turn in dialogue.turns] == ["system", "user", "user", "system", "system"]
    assert dialogue.turns[1].text == "Hi,\n"
    assert dialogue.turns[2].labels == {"feedback": ["5"]}
    assert dialogue.turns[4].labels == {"strategy": ["Question"]}
    assert dialogue.facts == {
        "experience_type": "Current Experience",
        "emotion_type": "anxiety",
        "problem_type": "job crisis",
        "situation": "My firm is closing.",
        "survey_score": {
            "seeker": {"initial_emotion_intensity": 5, "empathy": 4, "relevance": 4}, "supporter": {},
        },
    }  # fmt: skip


def test_whitespace_is_made_regular_on_demand(tmp_path: Path) -> None:
    dialogue = one(stored(tmp_path / "in.json", ORIGINAL), whitespace="regular")
    assert dialogue.turns[2].text == "my firm is closing."


def test_labels_of_all_shapes_have_the_papers_names(tmp_path: Path) -> None:
    failed = one(stored(tmp_path / "failed.json", FAILED))
    assert [turn.labels.get("strategy") for turn in failed.turns] == [
        None, ["Question"], ["Others"], None, ["Providing Suggestions"],
    ]  # fmt: skip
    multiesc = one(stored(tmp_path / "multiesc.txt", MULTIESC))
    assert [turn.labels.get("strategy") for turn in multiesc.turns] == [
        ["Others"], None, ["Reflection of feelings", "Question"], None, ["Providing Suggestions or Information"],
    ]  # fmt: skip
    assert multiesc.facts["survey_score"] == {"seeker": {"initial_emotion_intensity": 5, "final_emotion_intensity": 2}}


def test_one_conversation_has_one_id_in_all_editions(tmp_path: Path) -> None:
    ids = {one(stored(tmp_path / f"{name}.json", native)).id for name, native in SHAPES.items() if name != "failed"}
    assert len(ids) == 2  # MultiESC's goes on longer here
    cut = MULTIESC | {"dialog": MULTIESC["dialog"][:3]}
    assert one(stored(tmp_path / "cut.txt", cut)).id == one(stored(tmp_path / "original.json", ORIGINAL)).id


def test_the_same_conversation_twice_is_kept_twice(tmp_path: Path) -> None:
    source = stored(tmp_path / "in.json", ORIGINAL, ORIGINAL)
    first, second = formats.read(source, "esconv")
    assert second.id == f"{first.id}-2"


def test_rows_of_one_text_column_are_read(tmp_path: Path) -> None:
    source = stored(tmp_path / "in.jsonl", {"text": json.dumps(LINES)})
    assert [turn.text for turn in one(source).turns] == [message["text"] for message in LINES["dialog"]]


def test_another_layout_on_demand(tmp_path: Path) -> None:
    dialogue = one(stored(tmp_path / "in.txt", MULTIESC))
    formats.write(tmp_path / "out.json", [dialogue], "esconv", layout="original")
    (written,) = json.loads((tmp_path / "out.json").read_text())
    assert written["survey_score"]["seeker"] == {"initial_emotion_intensity": "5", "final_emotion_intensity": "2"}
    assert written["dialog"][2] == {
        "speaker": "supporter",
        "annotation": {"strategy": "Reflection of feelings", "all_strategy": ["Reflection of feelings", "Question"]},
        "content": "You sound lost . When ?",
    }
    assert [turn.labels for turn in one(tmp_path / "out.json").turns] == [turn.labels for turn in dialogue.turns]


def test_a_changed_turn_is_written_as_it_is_now(tmp_path: Path) -> None:
    dialogue = one(stored(tmp_path / "in.json", FAILED), whitespace="regular")
    dialogue.turns[1].labels["strategy"] = ["Information"]
    dialogue.turns[2].text = "good morning"
    formats.write(tmp_path / "out.json", [dialogue], "esconv")
    (written,) = json.loads((tmp_path / "out.json").read_text())
    assert written["dialog"][1]["annotation"] == {"strategy": "Information"}
    assert written["dialog"][2]["content"] == "good morning"


def test_dialogues_of_other_formats_are_written(tmp_path: Path) -> None:
    dialogue = Dialogue("d1", [Turn("user", "Hi"), Turn("system", "Hello", labels={"strategy": ["My own"]})])
    formats.write(tmp_path / "out.json", [dialogue], "esconv")
    (written,) = json.loads((tmp_path / "out.json").read_text())
    assert written["dialog"][1] == {"speaker": "supporter", "annotation": {"strategy": "My own"}, "content": "Hello"}


def test_an_unknown_strategy_is_told_and_kept_for_the_writer(tmp_path: Path) -> None:
    dialog = [*ORIGINAL["dialog"][:4], {"speaker": "supporter", "annotation": {"strategy": "Quest"}, "content": "Why?"}]
    source = stored(tmp_path / "in.json", ORIGINAL | {"dialog": dialog})
    with pytest.raises(
        InputError, match=r"in\.json.*dialog\[4\], strategy: 'Quest' is no known strategy; did you mean"
    ):
        one(source)
    told: list[Problem] = []
    dialogue = one(source, on_problem=told.append)
    assert len(told) == 1
    assert dialogue.turns[4].labels == {}
    formats.write(tmp_path / "out.json", [dialogue], "esconv")
    assert json.loads((tmp_path / "out.json").read_text())[0]["dialog"] == dialog


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dialog": []}, "dialog: expected a list of messages"),
        ({"dialog": [{"speaker": "seeker"}]}, r"dialog\[0\]: expected a message with content or text"),
        ({"dialog": [{"speaker": "bot", "content": "Hi"}]}, r"dialog\[0\], speaker: 'bot' is none of seeker"),
        ({"survey_score": {"seeker": {"empathy": "much"}}}, "empathy: expected a whole number, found 'much'"),
        ({"survey_score": ["5"]}, "survey_score: expected scores of seeker and supporter"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        one(stored(tmp_path / "in.json", ORIGINAL | change))


@pytest.mark.parametrize("missing", ["survey_score", "situation", "emotion_type"])
def test_what_is_missing_is_left_out(tmp_path: Path, missing: str) -> None:
    native = {name: value for name, value in ORIGINAL.items() if name != missing}
    dialogue = one(stored(tmp_path / "in.json", native))
    assert missing not in dialogue.facts
    formats.write(tmp_path / "out.json", [dialogue], "esconv")
    assert json.loads((tmp_path / "out.json").read_text()) == [native]


def test_unknown_options_are_refused(tmp_path: Path) -> None:
    source = stored(tmp_path / "in.json", ORIGINAL)
    with pytest.raises(InputError, match="kept, regular"):
        one(source, whitespace="all")
    with pytest.raises(InputError, match="original, lines"):
        formats.write(tmp_path / "out.json", [one(source)], "esconv", layout="table")
    with pytest.raises(InputError, match="ESConv has no tool turns"):
        formats.write(tmp_path / "out.json", [Dialogue("d", [Turn("tool", "x")])], "esconv")
