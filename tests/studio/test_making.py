"""Items of the five shipped types, made of what the library writes: what they show, hide, and leave out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from clarify_talk import table_talk
from continued import STRATEGIES, continued, write_continued
from samples import RuleModel, desk_of, situated
from studio_project import Page, annotator, compared, write_items

from duologue.corpora import formats
from duologue.corpora.actions import ACTION, ANSWER, CLARIFY
from duologue.corpora.worlds.clarify.write import write as write_clarify
from duologue.corpora.worlds.support.write import write as write_support
from duologue.corpora.worlds.tod.write import write as write_tod
from duologue.dialogue import Branch, DialoguePrediction, Turn, TurnPrediction, read, write, write_rows
from duologue.errors import InputError
from duologue.operators import RunFolder, run
from duologue.operators.interference import INTERFERENCE, InterferenceOptions
from duologue.studio.app import make_app
from duologue.studio.place import Place
from duologue.studio.projects.item import Item
from duologue.studio.projects.making import Made, make_items
from duologue.studio.projects.project import Project, read_project
from duologue.studio.studio import open_studio


def project_of(root: Path, type: str, source: dict[str, Any], **more: Any) -> Project:
    path = root / "projects" / f"{type}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"type": type, "from": source, **more}, sort_keys=False))
    return read_project(path)


def made_of(root: Path, type: str, source: dict[str, Any], **more: Any) -> Made:
    return make_items(project_of(root, type, source, **more), Place(root).inside)


def shown(item: Item) -> str:
    return str(item.shown("Ada", 0))


def texts(item: Item, heading: str) -> list[str]:
    (panel,) = (panel for panel in item.panels if panel.heading.startswith(heading))
    return [line.text for line in panel.lines]


def interfered(out: Path, count: int = 6) -> Path:
    """Dialogues of the operator `interference`."""

    async def go() -> None:
        async with desk_of(RuleModel(broken=0), out / "ledger") as desk:
            with RunFolder(out) as folder:
                await run(INTERFERENCE, map(situated, range(count)), desk, InterferenceOptions(), folder)

    asyncio.run(go())
    return out / "dialogues.jsonl"


def test_an_interference_is_shown_with_situation_and_history(tmp_path: Path) -> None:
    dialogues = list(read(interfered(tmp_path / "run")))
    found = made_of(tmp_path, "interference", {"dialogues": "run/dialogues.jsonl"})
    assert len(found.items) == len(dialogues) == 6
    for item, dialogue in zip(found.items, dialogues, strict=True):
        at = item.facts["turn"]
        assert item.facts["dialogue"] == dialogue.id
        assert item.panels[0].text == dialogue.facts["situation"]
        exchange = texts(item, "The exchange to judge")
        assert exchange == [turn.said for turn in dialogue.turns[at - 1 : at + 1]]
        assert str(dialogue.turns[at - 1].inserted("backstory")) in exchange[0]
        assert exchange[1].startswith(str(dialogue.turns[at].inserted("reaction")))
        before = [turn.said for turn in dialogue.turns[: at - 1]]
        assert ([] if at == 1 else texts(item, "Conversation")) == before
        assert "rules" not in shown(item)
        assert dialogue.id not in shown(item)


def test_the_worlds_own_interferences_can_be_judged(tmp_path: Path) -> None:
    write_tod(tmp_path / "tod", n=30, seed=1)
    found = made_of(tmp_path, "interference", {"dialogues": "tod/interference/train.json", "format": "interference"})
    dialogues = formats.read(tmp_path / "tod/interference/train.json", "interference")
    marked = [dialogue.id for dialogue in dialogues if any(turn.insertions for turn in dialogue.turns)]
    assert [item.facts["dialogue"] for item in found.items] == marked
    assert 0 < len(marked) < 30


def test_a_long_history_is_cut_and_says_so(tmp_path: Path) -> None:
    interfered(tmp_path / "run", 20)
    whole = made_of(tmp_path, "interference", {"dialogues": "run/dialogues.jsonl"}).items
    cut = made_of(tmp_path, "interference", {"dialogues": "run/dialogues.jsonl", "history": 1}).items
    long = [at for at, item in enumerate(whole) if item.facts["turn"] > 2]
    assert long
    for at in long:
        assert texts(cut[at], "Conversation, the last 1 turns") == texts(whole[at], "Conversation")[-1:]
        assert texts(cut[at], "The exchange") == texts(whole[at], "The exchange")


SYSTEMS = ("plain-baseline", "fused-model", "our-model")


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """Three systems' predictions of one MultiWOZ file; the second one's stand in another order."""
    write_tod(tmp_path / "tod", n=10, seed=3)
    dialogues = list(formats.read(tmp_path / "tod/train.json", "multiwoz21"))
    for system in SYSTEMS:
        rows = [
            DialoguePrediction(
                dialogue.id,
                [
                    TurnPrediction(at, f"[venue] {'abc'[SYSTEMS.index(system)]} of {dialogue.id} at {at}")
                    for at, turn in enumerate(dialogue.turns)
                    if turn.speaker == "system"
                ],
            )
            for dialogue in dialogues
        ]
        write_rows(tmp_path / f"{system}.jsonl", rows[::-1] if system == SYSTEMS[1] else rows)
    return tmp_path


RANKED = {
    "systems": {system: f"{system}.jsonl" for system in SYSTEMS},
    "reference": "tod/train.json",
    "format": "multiwoz21",
}


def test_rankings_put_answers_to_the_same_turn_side_by_side_and_name_no_system(answered: Path) -> None:
    found = made_of(answered, "ranking", RANKED)
    dialogues = {each.id: each for each in formats.read(answered / "tod/train.json", "multiwoz21")}
    system_turns = sum(turn.speaker == "system" for each in dialogues.values() for turn in each.turns)
    assert len(found.items) == system_turns
    assert not found.problems
    for item in found.items:
        id, _, turn = item.facts["compared"].partition(", turn ")
        assert [each.system for each in item.answers] == list(SYSTEMS)
        assert [each.text for each in item.answers] == [f"[venue] {letter} of {id} at {turn}" for letter in "abc"]
        assert texts(item, "Conversation") == [each.said for each in dialogues[id].turns[: int(turn)]]
        gold = dialogues[id].turns[int(turn)].said
        assert gold not in texts(item, "Conversation")[-1]
        assert item.facts["messages"][-1] == {
            "role": "user",
            "content": dialogues[id].turns[int(turn) - 1].said,
        }
        for hidden in (*SYSTEMS, "a1", item.id, "compared"):
            assert hidden not in shown(item)


def test_what_cannot_be_compared_is_left_out_with_the_reason(answered: Path) -> None:
    rows = list(formats.read(answered / "tod/train.json", "multiwoz21"))
    ours = [
        DialoguePrediction(dialogue.id, [TurnPrediction(1, "" if at == 0 else "fine"), TurnPrediction(1, "again")])
        for at, dialogue in enumerate(rows[:3])
    ]
    write_rows(answered / "our-model.jsonl", ours)
    found = made_of(answered, "ranking", RANKED)
    assert [item.facts["compared"] for item in found.items] == [f"{each.id}, turn 1" for each in rows[1:3]]
    assert {item.answers[2].text for item in found.items} == {"fine"}
    assert f"{rows[0].id}, turn 1: no answer by our-model; left out" in found.problems
    assert f"{rows[1].id}, turn 1: our-model answers it more than once; the first counts" in found.problems
    assert f"{rows[3].id}, turn 1: no answer by our-model; left out" in found.problems
    assert len(set(found.problems)) == len(found.problems)


def test_answers_to_other_histories_are_not_compared(tmp_path: Path) -> None:
    write_continued(tmp_path / "one", 3, lambda point, name: f"one {point} {name}")
    other = continued(3, lambda point, name: f"other {point} {name}")
    other[1].turns[1].text = "Something else was said."
    write(tmp_path / "other.jsonl", other)
    found = made_of(tmp_path, "pairwise", {"systems": {"first": "one", "second": "other.jsonl"}})
    assert len(found.items) == 2 * len(STRATEGIES)
    assert found.problems == [f"esconv-0001, turn 3, {name}: the histories differ; left out" for name in STRATEGIES]


def test_pairs_show_the_strategy_and_keep_layouts_and_measures_to_themselves(tmp_path: Path) -> None:
    one = continued(2, lambda point, name: f"one {point}, {name}", "c1_hf", lambda point: 0.125 + point)
    for dialogue, more in zip(
        one, continued(2, lambda point, name: f"two {point}, {name}", "standard", lambda _: 0.0625), strict=True
    ):
        dialogue.branches += more.branches
    write(tmp_path / "both.jsonl", one)
    systems = {"steered": "both.jsonl", "plain": "both.jsonl"}
    with pytest.raises(InputError, match="several layouts"):
        made_of(tmp_path, "pairwise", {"systems": systems})
    found = made_of(tmp_path, "pairwise", {"systems": systems, "layouts": {"steered": "c1_hf", "plain": "standard"}})
    assert len(found.items) == 6
    item = found.items[0]
    assert item.panels[0].heading == "Strategy: Offer Hope"
    assert item.panels[0].text
    assert [each.text for each in item.answers] == ["one 0, Offer Hope", "two 0, Offer Hope"]
    assert [each.measures for each in item.answers] == [{"sra": 0.125}, {"sra": 0.0625}]
    assert item.facts["strategy"] == "Offer Hope"
    assert [line.speaker for line in item.panels[1].lines] == ["seeker", "supporter", "seeker"]
    for hidden in ("steered", "plain", "c1_hf", "standard", "sra", "0.125", "0.0625"):
        assert hidden not in shown(item)
    with pytest.raises(InputError, match="`layouts` names 'odd'"):
        made_of(tmp_path, "pairwise", {"systems": systems, "layouts": {"odd": "c1_hf"}})


def test_whole_conversations_are_labelled_turn_by_turn_without_their_gold_labels(tmp_path: Path) -> None:
    write_support(tmp_path / "support", n=6, seed=2)
    source = {"dialogues": "support/ESConv.json", "format": "esconv"}
    dialogues = list(formats.read(tmp_path / "support/ESConv.json", "esconv"))
    both = made_of(tmp_path, "turns", source).items
    assert [item.turns for item in both] == [list(range(len(each.turns))) for each in dialogues]
    ours = made_of(tmp_path, "turns", source | {"speaker": "system"}).items
    for item, dialogue in zip(ours, dialogues, strict=True):
        assert texts(item, "Conversation") == [turn.said for turn in dialogue.turns]
        assert item.turns == [at for at, turn in enumerate(dialogue.turns) if turn.speaker == "system"]
        gold = {name for turn in dialogue.turns for name in turn.labels.get("strategy", [])}
        assert gold
        assert item.facts["labels"][str(item.turns[0])] == dialogue.turns[item.turns[0]].labels
        said = " ".join(turn.said for turn in dialogue.turns)
        for hidden in (*(name for name in gold if name not in said), "emotion_type", "survey"):
            assert hidden not in shown(item)


def test_turns_that_branches_share_are_labelled_once(tmp_path: Path) -> None:
    write_continued(tmp_path / "run", 1, lambda point, name: f"reply to {point}, {name}")
    items = made_of(tmp_path, "turns", {"dialogues": "run/dialogues.jsonl"}).items
    assert [item.turns for item in items] == [[0, 1, 2], [3], [3], [3]]
    assert [len(item.panels[0].lines) for item in items] == [3, 4, 4, 4]
    assert [texts(item, "Conversation")[-1] for item in items[1:]] == [f"reply to 0, {name}" for name in STRATEGIES]
    for item in items[1:]:
        assert "strategy" not in shown(item)


@pytest.mark.parametrize(
    ("file", "format", "rests"),
    [
        ("pacific/train.json", "pacific", ["Table", "Text"]),
        ("abg_coqa/coqa_abg_train.json", "abg-coqa", ["Text"]),
        ("spider/train_spider.json", "spider", ["Database"]),
    ],
)
def test_questions_come_with_what_they_rest_on(tmp_path: Path, file: str, format: str, rests: list[str]) -> None:
    write_clarify(tmp_path / "world", n=6, seed=4)
    dialogues = list(formats.read(tmp_path / "world" / file, format))
    found = made_of(tmp_path, "clarification", {"dialogues": f"world/{file}", "format": format})
    replies = [
        turn.said for dialogue in dialogues for turn in dialogue.turns
        if turn.speaker == "system" and ACTION in turn.labels
    ]  # fmt: skip
    assert [texts(item, "The reply to judge") for item in found.items] == [[each] for each in replies]
    for item in found.items:
        headings = list(dict.fromkeys(panel.heading for panel in item.panels))
        assert headings == [*rests, "Conversation", "The reply to judge"]
        assert item.facts["action"] in (ANSWER, CLARIFY)
        assert "action" not in shown(item)
        assert "goal_type" not in shown(item)
    assert {item.facts["action"] for item in found.items} == {ANSWER, CLARIFY}


def test_a_reply_of_several_branches_is_judged_once(tmp_path: Path) -> None:
    dialogue = table_talk(0)
    again = [Turn("user", "Last year."), Turn("system", "Of which town?", labels={ACTION: [CLARIFY]})]
    deeper = [Turn("user", "Arlen."), Turn("system", "60 million", labels={ACTION: [ANSWER]})]
    dialogue.branches = [Branch("b1", 2, again, branches=[Branch("b2", 4, deeper)])]
    write(tmp_path / "talk.jsonl", [dialogue])
    items = made_of(tmp_path, "clarification", {"dialogues": "talk.jsonl"}).items
    assert [item.id for item in items] == [
        "talk-0, turn 1", "talk-0, turn 3", "talk-0, turn 5", "b1, turn 3", "b2, turn 5",
    ]  # fmt: skip
    assert texts(items[-1], "Conversation")[1:] == [
        "Which year do you mean?", "Last year.", "Of which town?", "Arlen.",
    ]  # fmt: skip


def test_a_limit_draws_the_same_items_by_the_same_seed(answered: Path) -> None:
    whole = [item.facts["compared"] for item in made_of(answered, "ranking", RANKED).items]
    drawn = {
        seed: [item.facts["compared"] for item in made_of(answered, "ranking", RANKED | {"limit": 7}, seed=seed).items]
        for seed in (0, 1)
    }
    assert len(drawn[0]) == len(drawn[1]) == 7
    assert drawn[0] != drawn[1]
    assert [key for key in whole if key in drawn[0]] == drawn[0]
    again = made_of(answered, "ranking", RANKED | {"limit": 7}, seed=1).items
    assert [item.facts["compared"] for item in again] == drawn[1]


def test_two_items_of_one_id_are_refused(tmp_path: Path) -> None:
    write_items(tmp_path / "items.jsonl", [compared(1), compared(2), compared(1)])
    with pytest.raises(InputError, match="two items have the id 'item-1'"):
        made_of(tmp_path, "pairwise", {"items": "items.jsonl"})
    write_items(tmp_path / "items.jsonl", [compared(1)])
    write_items(tmp_path / "checks.jsonl", [compared(1, expected={"preference": -4})])
    with pytest.raises(InputError, match="two items have the id 'item-1'"):
        made_of(tmp_path, "pairwise", {"items": "items.jsonl"}, checks={"items": "checks.jsonl"})
    write_items(tmp_path / "checks.jsonl", [compared(2)])
    with pytest.raises(InputError, match="a check without `expected`"):
        made_of(tmp_path, "pairwise", {"items": "items.jsonl"}, checks={"items": "checks.jsonl"})


def test_a_question_that_no_item_can_be_asked_is_told_at_once(tmp_path: Path) -> None:
    write_items(tmp_path / "items.jsonl", [Item("bare")])
    for type in ("ranking", "pairwise", "turns"):
        with pytest.raises(InputError, match="cannot be asked"):
            made_of(tmp_path, type, {"items": "items.jsonl"})


def test_nothing_to_judge_says_so(tmp_path: Path) -> None:
    write(tmp_path / "plain.jsonl", [situated(1)])
    with pytest.raises(InputError, match="nothing to judge"):
        made_of(tmp_path, "interference", {"dialogues": "plain.jsonl"})
    with pytest.raises(InputError, match="no such file"):
        made_of(tmp_path, "turns", {"dialogues": "absent.jsonl"})
    with pytest.raises(InputError, match="outside"):
        made_of(tmp_path, "turns", {"dialogues": "../plain.jsonl"})


def test_checks_stand_among_rankings_and_are_counted(answered: Path) -> None:
    items = made_of(answered, "ranking", RANKED).items
    expected = {f"rank:{name}": rank for name, rank in (("a1", 3), ("a2", 3), ("a3", 1))}
    clear = Item("check-1", items[0].panels, items[0].answers, expected=expected)
    write_items(answered / "checks.jsonl", [clear])
    project_of(answered, "ranking", RANKED | {"limit": 5}, checks={"items": "checks.jsonl", "every": 3})
    with open_studio(answered) as studio:
        app = make_app(studio)
        for name, passes in (("Ada", True), ("Bo", False)):
            page = annotator(app, studio, name, "ranking")
            found = [page.get(f"{page.path}/items/{at}")["item"] for at in range(6)]
            given = studio.store.given(studio.secret.annotator(page.path.removeprefix("/a/")) or "")
            assert given.index("check-1") == 2
            assert "expected" not in str(found)
            for answer in found[2]["answers"]:
                own = answer["text"].split()[1]
                rank = 1 if (own == "c") == passes else 3
                assert page.act(2, question="rank", target=answer["letter"], value=rank).status_code == 200
        figures = Page(app, "/").client.get("/projects/ranking/figures").text
        assert '<th scope="row">Ada</th><td class="number">1</td><td class="number">0</td>' in figures
        assert '<th scope="row">Bo</th><td class="number">1</td><td class="number">1</td>' in figures
        assert "0 of 10 judgements" in figures
