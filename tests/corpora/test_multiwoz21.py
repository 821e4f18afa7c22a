from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from multiwoz_natives import dialogues

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz.layout import CONVERTED, PUBLISHED
from duologue.dialogue import Act, Dialogue, DomainGoal, Goal, Insertion, Origin, Problem, Span, Turn
from duologue.errors import InputError

LODGE: dict[str, Any] = {
    "goal": {
        "hotel": {
            "info": {"area": "north"},
            "fail_info": {},
            "reqt": ["phone"],
            "book": {"day": "monday", "people": "2", "stay": "3", "invalid": False},
            "fail_book": {},
        },
        "taxi": {},
        "message": ["Find a <span class='emphasis'>hotel</span>"],
    },
    "log": [
        {
            "text": "A place to stay up north ?",
            "metadata": {},
            "dialog_act": {"Hotel-Inform": [["Area", "north"]]},
            "span_info": [["Hotel-Inform", "Area", "north", 5, 5]],
        },
        {
            "text": "Oak Lodge is there.",
            "metadata": {
                "hotel": {
                    "book": {"booked": [], "day": "", "people": "", "stay": ""},
                    "semi": {"area": "north", "name": "not mentioned"},
                }
            },
            "dialog_act": {"Hotel-Inform": [["Name", "Oak Lodge"]]},
            "span_info": [["Hotel-Inform", "Name", "Oak Lodge", 0, 1]],
        },
    ],
}


def changed(**turns: dict[str, Any]) -> dict[str, Any]:
    """The lodge dialogue with keys of its turns replaced: `changed(user={...}, system={...})`."""
    native: dict[str, Any] = json.loads(json.dumps(LODGE))
    for index, speaker in enumerate(("user", "system")):
        native["log"][index].update(turns.get(speaker, {}))
    return native


def saved(tmp_path: Path, content: Any, name: str = "data.json") -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_reads_the_published_layout() -> None:
    dialogue = multiwoz21.dialogue_from_native("MUL9001.json", LODGE)
    user, system = dialogue.turns
    assert dialogue.id == "MUL9001"
    assert user.state == {"hotel": {"area": ["north"]}}
    assert system.state is None
    assert user.acts == [Act("hotel", "inform", "area", "north")]
    assert user.spans == [Span("area", "north", 19, 24, "hotel", "inform")]
    assert user.text[19:24] == "north"
    assert dialogue.goal == Goal(
        {
            "hotel": DomainGoal(
                inform={"area": "north"},
                request=["phone"],
                book={"bookday": "monday", "bookpeople": "2", "bookstay": "3"},
            )
        },
        ["Find a <span class='emphasis'>hotel</span>"],
    )
    assert multiwoz21.dialogue_to_native(dialogue) == LODGE


@settings(max_examples=150, deadline=None)
@given(dialogues())
def test_what_is_read_is_written_back_equal(native: dict[str, Any]) -> None:
    problems: list[Problem] = []
    dialogue = multiwoz21.dialogue_from_native("SNG01.json", native, problems.append)
    stored = msgspec.json.decode(msgspec.json.encode(dialogue), type=Dialogue)
    assert multiwoz21.dialogue_to_native(stored) == native


@settings(max_examples=80, deadline=None)
@given(dialogues())
def test_another_layout_says_the_same(native: dict[str, Any]) -> None:
    dialogue = multiwoz21.dialogue_from_native("SNG01.json", native, lambda _: None)
    for layout in (CONVERTED, PUBLISHED):
        again = multiwoz21.dialogue_from_native(
            "SNG01.json", multiwoz21.dialogue_to_native(dialogue, layout), lambda _: None
        )
        assert [turn.acts or None for turn in again.turns] == [turn.acts or None for turn in dialogue.turns]
        assert [turn.state or {} for turn in again.turns] == [turn.state or {} for turn in dialogue.turns]


def test_a_span_covers_its_value_without_the_punctuation_of_its_token() -> None:
    native = changed(
        system={
            "text": "Try the Oak Lodge, it is moderately priced!",
            "span_info": [
                ["Hotel-Recommend", "Name", "oak lodge", 2, 3],
                ["Hotel-Recommend", "Price", "moderate", 6, 7],
                ["Hotel-Recommend", "Type", "any kind", 7, 7],
            ],
        }
    )
    turn = multiwoz21.dialogue_from_native("A", native).turns[1]
    assert [turn.text[span.start : span.end] for span in turn.spans] == ["Oak Lodge", "moderate", "priced"]
    assert [span.slot for span in turn.spans] == ["name", "pricerange", "type"]


def test_words_are_counted_where_tokens_do_not_fit() -> None:
    native = changed(
        user={
            "text": "I don't mind, but it's 3 stars or nothing.",
            "span_info": [["Hotel-Inform", "Stars", "3", 8, 8]],
        }
    )
    turn = multiwoz21.dialogue_from_native("A", native).turns[0]
    assert turn.text[turn.spans[0].start : turn.spans[0].end] == "3"
    assert multiwoz21.dialogue_to_native(multiwoz21.dialogue_from_native("A", native)) == native


def test_the_converted_layout_has_lists_and_characters() -> None:
    native = changed(
        system={
            "metadata": {
                "hotel": {
                    "book": {"booked": [{"name": ["oak lodge"], "reference": "AB12"}], "day": ["monday"], "stay": []},
                    "semi": {"area": ["north", "northern"], "name": ["dont care"]},
                }
            },
            "dialog_act": {"Hotel-Inform": [["name", "Oak Lodge"]]},
            "span_info": [["Hotel-Inform", "name", "Oak Lodge", 0, 9]],
        },
        user={"dialog_act": {"Hotel-Inform": [["area", "north"]]}, "span_info": []},
    )
    dialogue = multiwoz21.dialogue_from_native("MUL9001.json", native)
    assert dialogue.turns[0].state == {
        "hotel": {"area": ["north", "northern"], "name": ["dontcare"], "bookday": ["monday"]}
    }
    assert dialogue.turns[1].booked == {"hotel": [{"name": "oak lodge", "reference": "AB12"}]}
    assert dialogue.turns[1].spans == [Span("name", "Oak Lodge", 0, 9, "hotel", "inform")]
    assert multiwoz21.dialogue_to_native(dialogue) == native


def test_a_changed_state_is_written_and_untouched_spellings_stay() -> None:
    native = changed(
        system={
            "metadata": {
                "hotel": {"book": {"booked": [], "day": ""}, "semi": {"area": "north", "stars": "do n't care"}},
            }
        }
    )
    dialogue = multiwoz21.dialogue_from_native("A", native)
    state = dialogue.turns[0].state
    assert state is not None
    state["hotel"]["area"] = ["west", "south"]
    state["train"] = {"leaveat": ["09:15"]}
    written = multiwoz21.dialogue_to_native(dialogue)["log"][1]["metadata"]
    assert written["hotel"]["semi"] == {"area": "west|south", "stars": "do n't care"}
    assert written["train"]["semi"]["leaveAt"] == "09:15"
    del state["hotel"]["area"], state["hotel"]["stars"]
    written = multiwoz21.dialogue_to_native(dialogue)["log"][1]["metadata"]
    assert written["hotel"]["semi"] == {"area": "", "stars": ""}


def test_changed_acts_and_goals_win_over_what_native_remembers() -> None:
    native = changed(user={"dialog_act": {"Hotel-Inform": [["PriceRange", "cheap"]]}})
    native["goal"]["hotel"]["book"]["invalid"] = True
    dialogue = multiwoz21.dialogue_from_native("A", native)
    dialogue.turns[0].acts = [Act("train", "request", "trainid")]
    assert dialogue.goal is not None
    dialogue.goal.domains["hotel"].inform["area"] = "south"
    written = multiwoz21.dialogue_to_native(dialogue)
    assert written["log"][0]["dialog_act"] == {"Train-Request": [["Id", "?"]]}
    assert written["goal"]["hotel"]["info"] == {"area": "south"}
    assert written["goal"]["hotel"]["book"]["invalid"] is True


def test_insertions_are_written_into_the_text_and_spans_move_along() -> None:
    dialogue = multiwoz21.dialogue_from_native("A", LODGE)
    dialogue.turns[1].insertions.append(Insertion("reaction", "Happy birthday to her!", "before"))
    dialogue.turns[0].insertions.append(Insertion("backstory", "My sister turns 30.", "after"))
    written = multiwoz21.dialogue_to_native(dialogue)["log"]
    assert written[0]["text"] == "A place to stay up north ? My sister turns 30."
    assert written[0]["span_info"] == LODGE["log"][0]["span_info"]
    assert written[1]["text"] == "Happy birthday to her! Oak Lodge is there."
    assert written[1]["span_info"] == [["Hotel-Inform", "Name", "Oak Lodge", 4, 5]]


def test_a_dialogue_from_elsewhere_is_written_in_the_published_layout(tmp_path: Path) -> None:
    dialogue = Dialogue(
        "mine",
        [
            Turn("user", "A room?", state={"hotel": {"type": ["hotel"]}}),
            Turn("system", "Booked: ABC1.", booked={"hotel": [{"name": "inn", "reference": "ABC1"}]}),
        ],
    )
    multiwoz21.write(tmp_path / "out.json.gz", [dialogue])
    with gzip.open(tmp_path / "out.json.gz") as packed:
        written = json.load(packed)
    assert list(written) == ["mine.json"]
    metadata = written["mine.json"]["log"][1]["metadata"]
    assert metadata["hotel"]["book"]["booked"] == [{"name": "inn", "reference": "ABC1"}]
    assert metadata["hotel"]["semi"]["area"] == "not mentioned"
    assert metadata["taxi"]["semi"]["leaveAt"] == ""
    (again,) = multiwoz21.read(tmp_path / "out.json.gz")
    assert again.turns[0].state == dialogue.turns[0].state
    assert again.turns[1].booked == dialogue.turns[1].booked


def test_two_children_of_one_parent_need_a_choice(tmp_path: Path) -> None:
    parent = multiwoz21.dialogue_from_native("A.json", LODGE)
    children = [
        msgspec.structs.replace(parent, id=f"A~0000000{draw}", origin=Origin("restyle", draw=draw, parent="A"))
        for draw in (0, 1)
    ]
    with pytest.raises(InputError, match=r"A~00000000 and A~00000001; choose one with --draw N"):
        multiwoz21.write(tmp_path / "out.json", children)
    assert list(tmp_path.iterdir()) == []
    assert multiwoz21.write(tmp_path / "one.json", children, draw=1) == 1
    assert json.loads((tmp_path / "one.json").read_text()).keys() == {"A.json"}
    multiwoz21.write(tmp_path / "both.json", children, suffix_ids=True)
    assert json.loads((tmp_path / "both.json").read_text()).keys() == {"A~00000000.json", "A~00000001.json"}


@pytest.mark.parametrize(
    ("native", "told"),
    [
        (
            changed(user={"span_info": [["Hotel-Inform", "Area", "west", 9, 9]]}),
            "turn 0, span_info[0]: the span 9 to 9",
        ),
        (changed(system={"metadata": {"moon": {"semi": {}, "book": {}}}}), "turn 1, metadata: unknown domain 'moon'"),
        (changed(user={"dialog_act": {"Moon-Inform": []}}), "dialog_act Moon-Inform: unknown domain 'moon'"),
        ({**LODGE, "log": LODGE["log"][:1]}, "log: the number of turns (1) is odd"),
        ({**LODGE, "log": []}, "log: there are no turns"),
        (changed(user={"text": " ", "span_info": []}), "turn 0, text: is empty"),
        ({"goal": {}}, "log: expected a list of turns, found nothing; left out"),
        ([], "dialogue: expected an object, found list; left out"),
        (changed(user={"text": 3}), "turn 0, text: expected text, found int; left out"),
        (changed(system={"metadata": {"hotel": 1}}), "turn 1, metadata.hotel: expected an object"),
        (
            changed(system={"metadata": {"hotel": {"semi": {"area": {}}}}}),
            "turn 1, metadata.hotel.semi.area: expected text",
        ),
        (changed(system={"metadata": []}), "turn 1, metadata: expected an object, found list; left out"),
        (
            changed(user={"dialog_act": {"Hotel-Inform": [["Area"]]}}),
            "turn 0, dialog_act: Hotel-Inform: expected [slot",
        ),
        (changed(user={"span_info": [["Hotel-Inform", "Area", "x", "1", 1]]}), "turn 0, span_info[0]: expected [act"),
        (changed(user={"span_info": "none"}), "turn 0, span_info: expected a list, found str; left out"),
        ({**LODGE, "goal": {"hotel": "any"}}, "goal: hotel: expected an object, found str; left out"),
    ],
)
def test_an_odd_dialogue_is_told_and_the_next_one_read(tmp_path: Path, native: Any, told: str) -> None:
    path = saved(tmp_path, {"ODD.json": native, "FINE.json": LODGE})
    with pytest.raises(InputError) as caught:
        list(multiwoz21.read(path))
    assert str(caught.value).startswith(f"{path}, dialogue ODD, ")
    assert "\n" not in str(caught.value)
    problems: list[Problem] = []
    ids = [dialogue.id for dialogue in multiwoz21.read(path, on_problem=problems.append)]
    assert len(problems) == 1
    assert told in str(problems[0])
    assert ids == (["FINE"] if "left out" in problems[0].what else ["ODD", "FINE"])


def test_a_span_outside_its_text_stays_in_native() -> None:
    native = changed(user={"span_info": [["Hotel-Inform", "Area", "west", 9, 9]]})
    dialogue = multiwoz21.dialogue_from_native("A.json", native, lambda _: None)
    assert dialogue.turns[0].spans == []
    assert multiwoz21.dialogue_to_native(dialogue) == native


def test_an_id_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, {"A": LODGE, "A.json": LODGE})
    problems: list[Problem] = []
    assert len(list(multiwoz21.read(path, on_problem=problems.append))) == 1
    assert [problem.where for problem in problems] == ["id"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps({"A": LODGE, "B": LODGE})[:-40].encode(), "broken JSON after 'A'"),
        (b'{"A": {"log": "\xff\xfe"}}', "not UTF-8"),
        (b"[1, 2]", "expected JSON that is an object; the file is a list"),
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"hello", "no JSON object or list"),
        (b'{"A": nonsense}', "broken JSON at the beginning"),
        (gzip.compress(json.dumps({"A": LODGE}).encode(), mtime=0)[:-12], None),
    ],
)
def test_an_unusable_file_is_one_line(tmp_path: Path, content: bytes, told: str | None) -> None:
    path = tmp_path / ("data.json" if told else "data.json.gz")
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(multiwoz21.read(path, on_problem=lambda _: None))
    assert str(path) in str(caught.value)
    assert (told or "the packed file is broken") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(multiwoz21.read(tmp_path / "none.json"))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"A": LODGE}).encode())
    assert [dialogue.id for dialogue in multiwoz21.read(tmp_path / "data.json")] == ["A"]


def test_turns_that_do_not_alternate_cannot_be_written(tmp_path: Path) -> None:
    dialogue = Dialogue("A", [Turn("user", "Hi."), Turn("user", "Still there?")])
    with pytest.raises(InputError, match="dialogue A: turn 1 is by the user"):
        multiwoz21.write(tmp_path / "out.json", [dialogue])


def test_a_layout_can_be_asked_for_by_name(tmp_path: Path) -> None:
    dialogue = multiwoz21.dialogue_from_native("A", LODGE)
    multiwoz21.write(tmp_path / "out.json", [dialogue], layout="converted")
    native = json.loads((tmp_path / "out.json").read_text())["A.json"]
    assert native["log"][1]["metadata"]["hotel"]["semi"]["area"] == ["north"]
    assert native["log"][1]["span_info"] == [["Hotel-Inform", "name", "Oak Lodge", 0, 9]]
    with pytest.raises(InputError, match=r"unknown layout 'old' of MultiWOZ 2\.1; known are published, converted"):
        multiwoz21.write(tmp_path / "out.json", [dialogue], layout="old")
